import numpy as np
import pytest

from tts_worker.joining import silence, trimmed
from tts_worker.loudness import TARGET, Leveller, Loudness
from tts_worker.ports import Samples
from tts_worker.tempo import change_tempo

RATE = 24_000


def tone(seconds: float, *, hertz: float = 997.0, peak: float = 1.0, rate: int = RATE) -> Samples:
    time = np.arange(round(seconds * rate)) / rate
    return (peak * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def measured(samples: Samples, rate: int = RATE) -> float:
    loudness = Loudness(rate)
    loudness.hear(samples)
    return loudness.integrated()


@pytest.mark.parametrize("rate", [22_050, 24_000, 48_000])
def test_the_reference_tone_has_the_reference_loudness(rate: int) -> None:
    # ITU-R BS.1770: a 997 Hz sine at full scale in one channel reads -3.01 LUFS.
    assert measured(tone(3, rate=rate), rate) == pytest.approx(-3.01, abs=0.1)


def test_loudness_follows_the_level() -> None:
    assert measured(tone(3, peak=0.1)) == pytest.approx(-23.01, abs=0.1)


def test_silence_between_words_does_not_count() -> None:
    with_pauses = np.concatenate([tone(2, peak=0.1), silence(6, RATE), tone(2, peak=0.1)])
    assert measured(with_pauses) == pytest.approx(-23.01, abs=0.5)


def test_nothing_but_silence_has_no_loudness() -> None:
    assert measured(silence(2, RATE)) == -np.inf
    assert measured(silence(0, RATE)) == -np.inf


@pytest.mark.parametrize("peak", [0.02, 0.2, 0.9])
def test_levelled_speech_has_the_target_loudness(peak: float) -> None:
    levelled = Leveller(RATE).level(tone(2, peak=peak))
    assert measured(levelled) == pytest.approx(TARGET, abs=0.3)


def test_a_short_passage_is_levelled_too() -> None:
    assert measured(Leveller(RATE).level(tone(0.1, peak=0.1))) == pytest.approx(TARGET, abs=1.0)


def test_levelling_never_clips() -> None:
    # Given clicks in near silence, whose loudness is far below their peaks
    samples = tone(2, peak=0.001)
    samples[::6000] = 0.9
    assert np.abs(Leveller(RATE).level(samples)).max() < 0.9


def test_silence_is_not_amplified() -> None:
    assert not Leveller(RATE).level(silence(1, RATE)).any()


def test_trimming_takes_the_silence_and_leaves_no_edge() -> None:
    spoken = np.concatenate([silence(0.5, RATE), tone(1), silence(0.7, RATE)])
    kept = trimmed(spoken, RATE)
    assert len(kept) / RATE == pytest.approx(1.04, abs=0.01)
    assert abs(kept[0]) < 0.01
    assert abs(kept[-1]) < 0.01


def test_silence_alone_is_trimmed_to_nothing() -> None:
    assert len(trimmed(silence(1, RATE), RATE)) == 0
    assert len(trimmed(silence(0, RATE), RATE)) == 0


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.0, 1.5, 2.0])
def test_tempo_changes_the_duration_and_keeps_the_pitch(factor: float) -> None:
    changed = change_tempo(tone(2, hertz=220.0, peak=0.5), factor, RATE)
    assert len(changed) / RATE == pytest.approx(2 / factor, rel=0.03)
    spectrum = np.abs(np.fft.rfft(changed))
    assert np.argmax(spectrum) * RATE / len(changed) == pytest.approx(220.0, abs=3)


def test_tempo_neither_clicks_nor_clips() -> None:
    changed = change_tempo(tone(2, hertz=220.0, peak=0.5), 1.7, RATE)
    inner = changed[1000:-1000]
    assert np.abs(changed).max() < 0.6
    # A 220 Hz sine moves by 0.03 between two samples.
    assert np.abs(np.diff(inner)).max() < 0.06


def test_a_scrap_of_sound_keeps_its_tempo() -> None:
    scrap = tone(0.01)
    assert change_tempo(scrap, 2.0, RATE) is scrap
