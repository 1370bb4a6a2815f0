import functools
import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.audio_decoding import decoded
from tts_worker.adapters.audio_file import audio_file
from tts_worker.errors import ScratchSpaceFailed
from tts_worker.ports import Samples
from warren.contracts.speech import AudioFormat

RATES = {"neural": 24_000, "eSpeak": 22_050}
RATE = 24_000
#: Seconds by which a decoder's length may differ: ADTS cannot say where its padding ends.
PADDING = {AudioFormat.AAC: 0.1}


def noise(seconds: float, rate: int = RATE) -> Samples:
    samples = np.random.default_rng(0).uniform(-0.2, 0.2, round(seconds * rate))
    return samples.astype(np.float32)


def tone(seconds: float, rate: int = RATE) -> Samples:
    time = np.arange(round(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)


def open_files_in(folder: Path) -> int:
    """Files there that this process has open, also those without a name."""
    links = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    return sum(link.startswith(str(folder)) for link in links)


def written(
    output_format: AudioFormat,
    pieces: list[Samples],
    rate: int = RATE,
    failure: Exception | None = None,
) -> bytes:
    with audio_file(output_format, rate) as file:
        for piece in pieces:
            file.write(piece)
        if failure:
            raise failure
        return b"".join(file.finish())


def adts_frames(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Sampling-frequency index, channels and samples of each frame (ISO/IEC 14496-3, 1.A.2)."""
    while data:
        assert data[0] == 0xFF
        assert data[1] & 0xF6 == 0xF0, "no sync word"
        length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
        channels = (data[2] & 1) << 2 | data[3] >> 6
        yield (data[2] >> 2 & 15, channels, 1024 * ((data[6] & 3) + 1))
        data = data[length:]


@pytest.mark.parametrize("rate", RATES.values(), ids=RATES)
@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_another_decoder_hears_what_was_written(output_format: AudioFormat, rate: int) -> None:
    pieces = [tone(0.7, rate), noise(0.0), tone(1.3, rate)]

    samples, heard_rate = decoded(output_format, written(output_format, pieces, rate))

    assert samples.ndim == 1
    assert len(samples) / heard_rate == pytest.approx(2.0, abs=PADDING.get(output_format, 0.001))
    middle = samples[len(samples) // 4 : len(samples) // 2]
    loudest = np.argmax(np.abs(np.fft.rfft(middle * np.hanning(len(middle)))))
    assert loudest * heard_rate / len(middle) == pytest.approx(440, abs=5)
    assert float(np.sqrt(np.mean(middle**2))) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize(
    ("output_format", "beginning"),
    [
        (AudioFormat.WAV, b"RIFF"),
        (AudioFormat.MP3, b"\xff\xf3"),
        (AudioFormat.OPUS, b"OggS"),
        (AudioFormat.FLAC, b"fLaC"),
        (AudioFormat.AAC, b"\xff\xf1"),
    ],
)
def test_a_file_is_recognised_by_its_beginning(
    output_format: AudioFormat, beginning: bytes
) -> None:
    assert written(output_format, [tone(0.5)]).startswith(beginning)


def test_opus_lies_in_ogg() -> None:
    info = soundfile.info(io.BytesIO(written(AudioFormat.OPUS, [tone(0.5)])))
    assert (info.format, info.subtype, info.channels) == ("OGG", "OPUS", 1)


def test_aac_is_one_adts_frame_after_the_other() -> None:
    frames = list(adts_frames(written(AudioFormat.AAC, [tone(2)])))
    index_of_24_kilohertz = 6
    assert {(index, channels) for index, channels, _ in frames} == {(index_of_24_kilohertz, 1)}
    assert sum(samples for _, _, samples in frames) / RATE == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES.values(), ids=RATES)
def test_pcm_is_nothing_but_samples_at_24_kilohertz(rate: int) -> None:
    data = written(AudioFormat.PCM, [tone(1, rate)], rate)
    assert len(data) == pytest.approx(2 * 24_000, abs=4)


@pytest.mark.parametrize(
    ("output_format", "rate"),
    [(AudioFormat.WAV, 22_050), (AudioFormat.MP3, 22_050), (AudioFormat.OPUS, 24_000)],
)
def test_a_file_tells_its_rate(output_format: AudioFormat, rate: int) -> None:
    with audio_file(output_format, 22_050) as file:
        assert file.sample_rate == rate


@pytest.mark.parametrize("output_format", [AudioFormat.WAV, AudioFormat.FLAC])
def test_a_lossless_file_holds_the_samples(output_format: AudioFormat) -> None:
    original = noise(0.5)
    samples, _ = decoded(output_format, written(output_format, [original]))
    np.testing.assert_allclose(samples, original, atol=1 / 32768)


@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_the_same_samples_make_the_same_file(output_format: AudioFormat) -> None:
    # A job that runs twice must store one file, and files are named by their content.
    first, again = (written(output_format, [noise(0.5)]) for _ in range(2))
    assert again == first


@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_what_is_taken_piece_by_piece_is_a_stream_of_the_whole(output_format: AudioFormat) -> None:
    pieces = [tone(0.5), noise(0.3), tone(0.5)]
    with audio_file(output_format, RATE, stream=True) as file:
        taken = []
        for piece in pieces:
            file.write(piece)
            taken.append(file.take())
        file.complete()
        taken.append(file.take())
        whole = b"".join(file.finish())

    assert all(taken[:3])
    assert len(b"".join(taken)) == len(whole)
    streamed, _ = decoded(output_format, b"".join(taken))
    at_once, _ = decoded(output_format, whole)
    np.testing.assert_array_equal(streamed, at_once)


@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_a_beginning_of_a_stream_can_be_played(output_format: AudioFormat) -> None:
    with audio_file(output_format, RATE, stream=True) as file:
        file.write(tone(1))
        samples, rate = decoded(output_format, file.take())

    # An encoder keeps back a little.
    assert len(samples) / rate == pytest.approx(1, abs=0.25)


def test_nothing_is_taken_before_something_was_written() -> None:
    with audio_file(AudioFormat.WAV, RATE, stream=True) as file:
        assert file.take() == b""
        file.write(tone(0.1))
        assert file.take()
        assert file.take() == b""


def test_the_temporary_file_has_no_name_and_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with audio_file(AudioFormat.WAV, RATE) as file:
        file.write(noise(1))
        assert list(tmp_path.iterdir()) == []
        assert open_files_in(tmp_path) == 1
    assert open_files_in(tmp_path) == 0


@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_a_job_that_breaks_off_leaves_no_file_open(
    output_format: AudioFormat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(RuntimeError, match="died"):
        written(output_format, [noise(1)], failure=RuntimeError("the engine died"))
    assert open_files_in(tmp_path) == 0


def test_a_missing_temporary_folder_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", os.devnull)
    with pytest.raises(ScratchSpaceFailed, match="TMPDIR"), audio_file(AudioFormat.WAV, RATE):
        pytest.fail("there is no folder to write to")


@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_a_full_disk_says_what_to_do(
    output_format: AudioFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tempfile.TemporaryFile", functools.partial(Path.open, Path("/dev/full"), "r+b", 0)
    )
    with pytest.raises(ScratchSpaceFailed, match="No space left"):
        written(output_format, [noise(1)])
