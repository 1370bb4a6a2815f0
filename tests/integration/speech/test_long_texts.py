"""Books pass through in the memory of a sentence, and nothing stays behind."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import re, sys
from pathlib import Path
from tts_worker.workers.speaker import speaker
from tts_worker.adapters.audio_file import audio_file
from tts_worker.service import script, speak
from warren.artifacts import open_store
from warren.contracts.speech import AudioFormat

sentence = "The harbour was quiet, and the old ships lay in the rain as if nobody had missed them. "

def peak():
    # Not getrusage: a child's maximum begins with that of the process that started it.
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

def spoken(text):
    voice = speaker().choose(None, "en")
    engine = speaker().engine_of(voice)
    with audio_file(AudioFormat.WAV, engine.sample_rate) as file:
        seconds = speak(script(text, field="text"), voice, 1.0, engine, file, lambda *_: None)
        open_store(sys.argv[1]).put(file.finish())
    return seconds

spoken(sentence * 3)
before = peak()
text = sentence * (20_000 // len(sentence) + 1)
assert len(text) >= 20_000
print(spoken(text), before, peak())
"""


@pytest.mark.slow
def test_twenty_thousand_characters_take_no_more_memory_than_a_few(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "store")],
        capture_output=True,
        check=True,
        timeout=170,
    )
    seconds, before, after = map(float, done.stdout.split())
    assert seconds > 600  # of audio: 29 MB
    assert after - before < 25_000  # kB
