"""Speech as parts of a task's result, announced while the rest is still being spoken."""

import math

from tts_worker.ports import AudioSink
from warren.artifacts import ArtifactMissing, CorruptArtifact
from warren.contracts.artifact import ArtifactRef
from warren.contracts.speech import AudioFormat
from warren.worker import JobContext

#: A run may announce a thousand.
MOST_PARTS = 900
#: So many come passage by passage, however long the text: they are what somebody waits for.
_ONE_BY_ONE = 300


def ends_part(number: int, passages: int) -> bool:
    """Whether a part ends with the passage `number` (from 1) of so many.

    It depends on nothing else, so a run that begins again cuts its parts at the same places.
    """
    if passages <= MOST_PARTS or number <= _ONE_BY_ONE:
        return True
    together = math.ceil((passages - _ONE_BY_ONE) / (MOST_PARTS - _ONE_BY_ONE))
    return (number - _ONE_BY_ONE) % together == 0


class SpokenParts:
    """What was encoded since the last part becomes the next one; `count` of them so far.

    A later run of the task announces the same bytes again. Should it speak otherwise (another
    release, another machine's arithmetic), it announces what the first has: no listener gets two
    versions of a part.
    """

    def __init__(self, audio: AudioSink, output_format: AudioFormat, context: JobContext) -> None:
        self._audio = audio
        self._format = output_format
        self._context = context
        self.count = 0

    def announce(self) -> None:
        """Raises what `JobContext.part` and `JobContext.effect` raise."""
        data = self._audio.take()
        if not data:
            return
        self.count += 1
        part = self._saved(data)
        known = self._context.effect(f"part:{self.count}").put({"sha256": part.sha256})
        if known["sha256"] != part.sha256:
            part = self._earlier(known["sha256"]) or part
        self._context.part(part)

    def end(self) -> None:
        """Announce the rest: all has been spoken."""
        self._audio.complete()
        self.announce()

    def _saved(self, data: bytes) -> ArtifactRef:
        return self._context.artifacts.save(self._name(), data, self._format.media_type)

    def _earlier(self, sha256: str) -> ArtifactRef | None:
        """The file of an earlier run, None if it has gone."""
        try:
            content = self._context.artifacts.reopen(sha256)
            return self._context.artifacts.save(self._name(), content, self._format.media_type)
        except (ArtifactMissing, CorruptArtifact):
            return None

    def _name(self) -> str:
        return f"tts_{self._context.task_id}.{self.count:04}.{self._format.value}"
