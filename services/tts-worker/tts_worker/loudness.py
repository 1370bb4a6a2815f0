"""Loudness by ITU-R BS.1770-4, measured as a text is being spoken, and the gain that follows.

The recommendation filters the signal; here each block's power spectrum is weighted by the same
filters' response, which gives the same energy without a filter per sample. Filter parameters for
any sample rate: B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement",
AES 145, 2018.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tts_worker.ports import Samples

#: What all voices are brought to (LUFS).
TARGET = -18.0
#: No voice needs more; keeps a whisper of noise from being blown up.
_LARGEST_GAIN = 20.0  # dB
_BLOCK, _STEP = 0.4, 0.1  # seconds
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0
_OFFSET = -0.691
_BINS = np.arange(_ABSOLUTE_GATE, 5.0, 0.1)
#: Samples above the knee are bent so that they stay below the ceiling: -1 dB as EBU R128 asks, so
#: that no decoder of MP3 goes over 1.
_KNEE, _CEILING = 0.7, 0.89


class Loudness:
    """Integrated loudness of what was heard so far, in constant memory (bins of 0.1 LU)."""

    def __init__(self, sample_rate: int) -> None:
        self._block = round(_BLOCK * sample_rate)
        self._step = round(_STEP * sample_rate)
        self._weights = _k_weights(self._block, sample_rate)
        self._energies = np.zeros(len(_BINS) + 1)
        self._counts = np.zeros(len(_BINS) + 1)

    def hear(self, samples: Samples) -> None:
        """Count in one passage; one shorter than a block counts as a block of its own."""
        if len(samples) < self._block:
            samples = np.resize(samples, self._block) if len(samples) else samples
        if not len(samples):
            return
        blocks = sliding_window_view(samples, self._block)[:: self._step]
        energies = np.concatenate(
            [self._energy(some) for some in np.array_split(blocks, _parts(blocks))]
        )
        places = np.searchsorted(_BINS, _lufs(energies))
        np.add.at(self._energies, places, energies)
        np.add.at(self._counts, places, 1)

    def integrated(self) -> float:
        """LUFS, gated; minus infinity while nothing above -70 LUFS was heard."""
        gate = self._mean_above(0) + _RELATIVE_GATE
        return self._mean_above(int(np.searchsorted(_BINS, gate)))

    def _mean_above(self, place: int) -> float:
        place = max(place, 1)  # the first bin lies below the absolute gate
        count = self._counts[place:].sum()
        if not count:
            return -np.inf
        return float(_lufs(self._energies[place:].sum() / count))

    def _energy(self, blocks: NDArray[np.float32]) -> NDArray[np.float64]:
        spectrum = np.abs(np.fft.rfft(blocks, axis=1)) ** 2
        weighted: NDArray[np.float64] = spectrum @ self._weights
        return weighted


class Leveller:
    """Brings passages to the target loudness, without clipping.

    The gain follows the integrated loudness of the text so far, so it is exact for a short text
    and settles within a few sentences of a long one; it changes only between passages.
    """

    def __init__(self, sample_rate: int) -> None:
        self._loudness = Loudness(sample_rate)

    def level(self, samples: Samples) -> Samples:
        self._loudness.hear(samples)
        heard = self._loudness.integrated()
        if not np.isfinite(heard):
            return samples
        gain = 10 ** (min(TARGET - heard, _LARGEST_GAIN) / 20)
        return _limited(samples * np.float32(gain))


def _limited(samples: Samples) -> Samples:
    """Unchanged up to the knee, bent smoothly towards the ceiling above it."""
    size = np.abs(samples)
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.copysign(bent, samples), samples).astype(np.float32)


def _lufs(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    return _OFFSET + 10 * np.log10(np.maximum(energy, 1e-20))


def _parts(blocks: NDArray[np.float32]) -> int:
    """Long passages are transformed 64 blocks at a time, to keep memory small."""
    return len(blocks) // 64 + 1


def _k_weights(block: int, sample_rate: int) -> NDArray[np.float64]:
    """What each bin of a real FFT over `block` samples adds to the weighted mean square."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(block))
    response = _shelf(z, sample_rate) * _high_pass(z, sample_rate)
    both_sides = np.full(len(z), 2.0)
    both_sides[0] = 1.0
    if block % 2 == 0:
        both_sides[-1] = 1.0
    weights: NDArray[np.float64] = both_sides * np.abs(response) ** 2 / block**2
    return weights


def _shelf(z: NDArray[np.complex128], sample_rate: int) -> NDArray[np.complex128]:
    """The head: treble raised by 4 dB."""
    k = np.tan(np.pi * 1681.974450955533 / sample_rate)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    above = (high + middle * k / q + k * k) + 2 * (k * k - high) * z
    above += (high - middle * k / q + k * k) * z**2
    response: NDArray[np.complex128] = above / _denominator(z, k, q)
    return response


def _high_pass(z: NDArray[np.complex128], sample_rate: int) -> NDArray[np.complex128]:
    """Rumble is not heard as loud. The numerator is not scaled, as in the recommendation."""
    k = np.tan(np.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    scale = 1 + k / q + k * k
    response: NDArray[np.complex128] = (1 - 2 * z + z**2) * scale / _denominator(z, k, q)
    return response


def _denominator(z: NDArray[np.complex128], k: float, q: float) -> NDArray[np.complex128]:
    return (1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z**2
