"""Speech as a worker makes it and as its engine alone does, from the stored text to the file."""

from dataclasses import dataclass

from bench.speech import directly
from bench.speech.sentences import SENTENCES
from tts_worker.actors import SynthesizeSpeechWorker
from warren.contracts.speech import AudioFormat, Speech, SynthesizeSpeech
from warren.testing.worker import FakeContext


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice, and how often it speaks all sentences: the fast one is too fast to be timed once."""

    title: str
    name: str
    times: int

    @property
    def sentences(self) -> list[str]:
        """What it speaks."""
        return [*SENTENCES] * self.times

    def job(self, output_format: AudioFormat) -> Speech:
        """By the worker's own `perform`, of a customer of its own: nothing is remembered."""
        context = FakeContext()
        text = context.given("text", "\n".join(self.sentences).encode())
        job = SynthesizeSpeech(artifact_id=text, voice_name=self.name, output_format=output_format)
        return SynthesizeSpeechWorker().perform(job, context)

    def direct(self, output_format: AudioFormat) -> bytes:
        """By the library."""
        if self.name.startswith("espeak"):
            return directly.espeak(self.sentences, output_format, self.name)
        return directly.hibari(self.sentences, output_format)


NEURAL = Voice("neural voice", "heart", times=1)
ESPEAK = Voice("eSpeak NG", "espeak-en-us", times=10)
CASES = (
    *((NEURAL, output_format) for output_format in AudioFormat),
    (ESPEAK, AudioFormat.WAV),
    (ESPEAK, AudioFormat.MP3),
)
