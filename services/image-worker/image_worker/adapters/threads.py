"""How many threads an engine may use."""

import os


def threads(configured: int) -> int:
    """As configured; 0 is one for each processor that this process may use."""
    return configured or len(os.sched_getaffinity(0))
