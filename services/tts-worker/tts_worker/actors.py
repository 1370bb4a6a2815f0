"""The jobs of the tts-worker."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from tts_worker.adapters.audio_file import audio_file
from tts_worker.config import SpeechSettings
from tts_worker.service import Script, decoded, script, speak
from tts_worker.workers.parts import SpokenParts, ends_part
from tts_worker.workers.speaker import name_voices, speaker
from warren.contracts.lanes import Lane
from warren.contracts.speech import Speech, SpeechSynthesized, SynthesizeSpeech
from warren.worker import JobContext, Worker


class SynthesizeSpeechWorker(Worker[SynthesizeSpeech, Speech]):
    """Speaks a text: English by hibari, everything else by eSpeak."""

    lane = Lane.DEFAULT
    isolation: ClassVar[Literal["thread", "process"]] = "process"
    time_limit = 600
    soft_time_limit = 540
    counted: ClassVar[Mapping[str, str]] = {"duration_seconds": "audio_seconds"}

    @classmethod
    def warm_up(cls) -> None:
        speaker().warm_up()

    @classmethod
    def submission_schema(cls) -> dict[str, Any]:
        """The job's schema, with the voices that are installed here and what they speak."""
        schema = super().submission_schema()
        name_voices(schema["properties"])
        return schema

    def perform(self, job: SynthesizeSpeech, context: JobContext) -> Speech:
        started = time.perf_counter()
        voice = speaker().choose(job.voice_name, job.language)
        engine = speaker().engine_of(voice)
        text = _script(job, context)
        with audio_file(job.output_format, engine.sample_rate, stream=job.stream) as file:
            parts = SpokenParts(file, job.output_format, context)

            def spoken_up_to(number: int) -> None:
                last = len(text.passages)
                if job.stream and number < last and ends_part(number, last):
                    parts.announce()

            duration = speak(text, voice, job.speed, engine, file, context.progress, spoken_up_to)
            if job.stream:
                parts.end()
            artifact = context.artifacts.save(
                f"tts_{context.task_id}.{job.output_format.value}",
                file.finish(),
                job.output_format.media_type,
            )
        context.emit(
            SpeechSynthesized(
                task_id=context.task_id, customer_id=context.customer_id, artifact=artifact
            )
        )
        return Speech(
            artifact_id=artifact.id,
            media_type=artifact.media_type,
            sha256=artifact.sha256,
            size_bytes=artifact.size,
            duration_seconds=round(duration, 3),
            sample_rate=file.sample_rate,
            voice=voice.name,
            provider=voice.provider,
            parts=parts.count,
            processing_seconds=round(time.perf_counter() - started, 3),
        )


def _script(job: SynthesizeSpeech, context: JobContext) -> Script:
    if job.text is not None:
        return script(job.text, field="text")
    if job.artifact_id is None:
        raise ValueError("a job has text or artifact_id: its model sees to that")
    text = decoded(
        context.artifacts.open(job.artifact_id),
        max_characters=SpeechSettings().max_characters,
        field="artifact_id",
    )
    return script(text, field="artifact_id")
