"""The voices of eSpeak NG, read from the text files that describe them, without its library."""

import functools
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

from tts_worker.ports import Voice

PROVIDER = "espeak"
#: eSpeak's own default where a file gives no priority.
_USUAL_PRIORITY = 5
_DICTIONARY = re.compile(r"^dictionary\s+(\S+)", re.MULTILINE)
_LANGUAGE = re.compile(r"^language\s+(\S+)(?:\s+(\d+))?\s*$", re.MULTILINE)


def data_folder() -> Path:
    """Where eSpeak's data lies; finding it imports nothing."""
    spec = importlib.util.find_spec("espeakng_loader")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("espeakng-loader is not installed: pip install tts-worker")
    return Path(spec.origin).parent / "espeak-ng-data"


@functools.cache
def espeak_voices() -> tuple[Voice, ...]:
    """All voices that can speak: `espeak-ru`, `espeak-vi`, `espeak-en-gb-x-rp` …"""
    folder = data_folder() / "lang"
    files = sorted(folder.rglob("*"), key=lambda path: path.name.lower())
    return tuple(voice for path in files if path.is_file() for voice in _described_by(path, folder))


def _described_by(path: Path, folder: Path) -> Iterator[Voice]:
    # Some files have comments in other encodings; tags are ASCII.
    text = path.read_text(encoding="latin-1")
    languages = [
        (tag.lower(), int(rank or _USUAL_PRIORITY)) for tag, rank in _LANGUAGE.findall(text)
    ]
    if languages and _dictionary(text, languages[0][0]).exists():
        yield Voice(
            name=f"espeak-{path.name.lower()}",
            languages=tuple(tag for tag, _ in languages),
            provider=PROVIDER,
            rank=min(rank for _, rank in languages),
            key=str(path.relative_to(folder)),
        )


def _dictionary(text: str, language: str) -> Path:
    """Some voices come without theirs, and are silent."""
    named = _DICTIONARY.search(text)
    name = named.group(1) if named else language.partition("-")[0]
    return data_folder() / f"{name}_dict"
