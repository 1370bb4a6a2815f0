import io
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tts_worker.adapters.audio_file import audio_file
from tts_worker.errors import ScratchSpaceFailed
from tts_worker.ports import Samples
from warren.contracts.speech import AudioFormat

RATE = 24_000


def noise(seconds: float) -> Samples:
    samples = np.random.default_rng(0).uniform(-0.2, 0.2, round(seconds * RATE))
    return samples.astype(np.float32)


def open_files_in(folder: Path) -> int:
    """Files there that this process has open, also those without a name."""
    links = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    return sum(link.startswith(str(folder)) for link in links)


def written(output_format: AudioFormat, pieces: list[Samples]) -> bytes:
    with audio_file(output_format, RATE) as file:
        for piece in pieces:
            file.write(piece)
        return b"".join(file.finish())


@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_a_file_written_in_pieces_has_their_length_and_rate(output_format: AudioFormat) -> None:
    data = written(output_format, [noise(0.7), noise(0.0), noise(1.3)])
    samples, rate = soundfile.read(io.BytesIO(data))
    assert rate == RATE
    assert samples.ndim == 1
    assert len(samples) / RATE == pytest.approx(2.0, abs=0.06)


def test_a_wav_file_holds_the_samples() -> None:
    original = noise(0.5)
    samples, _ = soundfile.read(io.BytesIO(written(AudioFormat.WAV, [original])), dtype="float32")
    np.testing.assert_allclose(samples, original, atol=1 / 32768)


def test_the_temporary_file_has_no_name_and_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with audio_file(AudioFormat.WAV, RATE) as file:
        file.write(noise(1))
        assert list(tmp_path.iterdir()) == []
        assert open_files_in(tmp_path) == 1
    assert open_files_in(tmp_path) == 0


def test_a_job_that_breaks_off_leaves_no_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ValueError, match="shape"), audio_file(AudioFormat.MP3, RATE) as file:
        file.write(noise(1).reshape(-1, 2))
    assert open_files_in(tmp_path) == 0


def test_a_missing_temporary_folder_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", os.devnull)
    with pytest.raises(ScratchSpaceFailed, match="TMPDIR"), audio_file(AudioFormat.WAV, RATE):
        pytest.fail("there is no folder to write to")
