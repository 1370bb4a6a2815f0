"""Speaks a text."""

from dataclasses import dataclass

from warren.cli.demo.exhibits import Audio, Outcome
from warren.cli.demo.step import Bench
from warren.cli.demo.texts import SpokenText
from warren.contracts.speech import Speech


@dataclass(frozen=True, slots=True)
class Speak:
    """One text, one voice, one file."""

    text: SpokenText
    domain: str = "speech"
    process: str = "tts-worker"

    @property
    def title(self) -> str:
        """In the text's own words."""
        return self.text.title

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """Ask for speech and fetch the file."""
        text = self.text
        body = {"text": text.text, "language": text.language, "output_format": text.output_format}
        speech = Speech.model_validate(bench.task("/api/v1/speech", body))
        file = bench.saved(str(speech.artifact_id), text.file_name)
        facts = (f"{speech.duration_seconds:.1f} s", f"voice {speech.voice}", speech.provider)
        return Outcome(
            f"{speech.duration_seconds:.1f} s of audio, voice {speech.voice}",
            file,
            (Audio(text.title, text.language, text.text, file, facts),),
        )
