"""Passages made ready to be laid end to end: no click, no odd silence."""

import numpy as np

from tts_worker.ports import Samples

#: Samples below this part of the passage's peak are silence (-46 dB).
_SILENCE = 0.005
_MARGIN, _FADE = 0.02, 0.005  # seconds


def trimmed(samples: Samples, sample_rate: int) -> Samples:
    """Without the silence around the speech, and faded over 5 ms at both ends.

    Engines surround passages with silence of very different lengths; ours is put in its place.
    """
    loud = np.flatnonzero(np.abs(samples) > _SILENCE * np.max(np.abs(samples), initial=0.0))
    if not len(loud):
        return samples[:0]
    margin = round(_MARGIN * sample_rate)
    kept = samples[max(0, loud[0] - margin) : loud[-1] + 1 + margin].copy()
    length = min(round(_FADE * sample_rate), len(kept) // 2)
    ramp = np.linspace(0, 1, length, endpoint=False, dtype=np.float32)
    kept[:length] *= ramp
    kept[len(kept) - length :] *= ramp[::-1]
    return kept


def silence(seconds: float, sample_rate: int) -> Samples:
    return np.zeros(round(seconds * sample_rate), np.float32)
