"""What customers have spoken: short texts, each of its own."""

from collections.abc import Iterator
from random import Random

from tests.chaos.load.writes.writer import Write

#: English has a neural voice, everything else eSpeak's.
_SAYINGS = {"en": "The harbour master counted {} boats.", "de": "Der Hafen hat {} Boote."}
_CANCELLED = 0.12


def speech_writes(random: Random) -> Iterator[Write]:
    """What a customer asks for, one after the other, without an end."""
    while True:
        language = random.choice(["en", "de", "de"])
        text = _SAYINGS[language].format(random.getrandbits(40))
        said = {"text": text, "language": language}
        body = {**said, "output_format": random.choice(["wav", "wav", "mp3"])}
        yield Write(
            "speech", "speak", "POST", "/api/v1/speech", None, said, body,
            keyed=random.random() < 0.3,
            cancel_after=_some_seconds(random) if random.random() < _CANCELLED else None,
        )  # fmt: skip


def _some_seconds(random: Random) -> float:
    return round(random.uniform(0, random.choice([0.5, 5.0])), 2)
