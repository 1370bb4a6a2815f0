"""Faster or slower speech at the same pitch, beyond what an engine can do by itself.

WSOLA: overlapping windows are taken from the input at another pace than they are laid down, each
shifted a little to where it fits best to what would have followed (Verhelst and Roelands, ICASSP
1993).
"""

import numpy as np

from tts_worker.ports import Samples

_WINDOW, _SEARCH = 0.03, 0.008  # seconds


def change_tempo(samples: Samples, factor: float, sample_rate: int) -> Samples:
    """The same speech, `factor` times as fast."""
    hop = round(_WINDOW * sample_rate / 2)
    if abs(factor - 1) < 0.01 or len(samples) < 4 * hop:
        return samples
    search = round(_SEARCH * sample_rate)
    source = np.pad(samples, (search, 3 * hop + 2 * search))
    count = int(len(samples) / factor / hop)
    result = np.zeros((count + 1) * hop, np.float32)
    window = np.hanning(2 * hop + 1)[:-1].astype(np.float32)
    follows = source[search : search + 2 * hop]
    for number in range(count):
        wanted = int(number * hop * factor)
        start = wanted + _best_shift(source[wanted : wanted + 2 * (hop + search)], follows)
        result[number * hop : (number + 2) * hop] += source[start : start + 2 * hop] * window
        follows = source[start + hop : start + 3 * hop]
    return result


def _best_shift(region: Samples, follows: Samples) -> int:
    """Where in the region a window is most like what would have followed."""
    if len(follows) < 2 or len(region) < len(follows):
        return 0
    likeness = np.correlate(region, follows, mode="valid")
    energy = np.cumsum(np.concatenate([[0.0], region.astype(np.float64) ** 2]))
    norms = np.sqrt(energy[len(follows) :] - energy[: -len(follows)] + 1e-9)
    return int(np.argmax(likeness / norms))
