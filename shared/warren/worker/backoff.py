"""How long to wait before the next attempt."""

import random
from collections.abc import Callable
from typing import Any

from warren.worker.base import Worker

#: Seconds; who waits for something that is not there looks for it at least so often.
LONGEST_WAIT = 30.0
#: Doubling more often exceeds every sensible maximum and, far out, the range of floats.
_MOST_DOUBLINGS = 64


def retry_delay(
    worker: type[Worker[Any, Any]],
    attempt: int,
    uniform: Callable[[float, float], float] = random.uniform,
) -> float:
    """Seconds until the attempt after `attempt`: min(base · 2^(attempt-1), max).

    `retry_delays` prescribes it instead where it is given, and `retry_delay` where there is no
    back-off. Jitter takes off up to half at random ("equal jitter", Brooker 2015, AWS Architecture
    Blog), but nothing of what is prescribed.
    """
    if worker.retry_delays is not None:
        return float(worker.retry_delays[min(attempt, len(worker.retry_delays)) - 1])
    if worker.retry_backoff:
        doublings = min(attempt - 1, _MOST_DOUBLINGS)
        delay = min(worker.retry_backoff_base * 2.0**doublings, worker.retry_backoff_max)
    else:
        delay = worker.retry_delay
    return delay * uniform(0.5, 1.0) if worker.retry_jitter else delay


def waiting_delay(worker: type[Worker[Any, Any]], times: int) -> float:
    """Seconds until what is unavailable is asked for again, after so many times in vain.

    As `retry_delay`, but doubled up to LONGEST_WAIT at most: an outage of hours would otherwise go
    on, for its tasks, for minutes after its end. What is prescribed stays as it is.
    """
    delay = retry_delay(worker, times)
    if worker.retry_delays is not None or not worker.retry_backoff:
        return delay
    return min(delay, LONGEST_WAIT)
