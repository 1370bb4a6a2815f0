"""Speech that is sent on while it is still being spoken: parts of the result, as they come."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from anyio import to_thread
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.artifacts.ranges import cut
from gateway.awaiting.waiting import while_client_stays
from gateway.composition import Gateway
from gateway.following.messages import decoded
from gateway.openai_compatible.audio import audio_answer, sent_on
from gateway.openai_compatible.mapping import OF_SPEECH
from gateway.openai_compatible.schemas import SpeechRequest
from gateway.openai_compatible.waiting import AcceptedTask, granted_wait, succeeded_row
from warren.errors import WarrenError

_ENDS = frozenset({"result", "error"})
_log = structlog.get_logger(__name__)


class SpeechCutOff(WarrenError):
    """The rest of an audio does not come; its beginning has been sent."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Who wants to hear which task, and how the audio is to be sent."""

    key: str
    task: AcceptedTask
    wanted: SpeechRequest


async def spoken_answer(request: Request, gateway: Gateway, listening: Listening) -> Response:
    """The audio from its first part on, or whole if it is finished before that can be told.

    Its caller holds a place among the streams. Raises the Problem that says why there is none.
    """
    task, wanted = listening.task, listening.wanted
    beginning = _Beginning(gateway, task.id)
    await while_client_stays(request, beginning.heard(), granted_wait(request, gateway))
    if beginning.is_there:
        answer = sent_on(_pieces(gateway, task.id), wanted, task.headers)
        return _InItsPlace(gateway, listening.key, answer)
    row = await succeeded_row(gateway, task.id, OF_SPEECH)
    return await audio_answer(request, gateway, row, wanted, task.headers)


class _InItsPlace(Response):
    """Takes a place among the streams of this process while the answer is sent."""

    def __init__(self, gateway: Gateway, key: str, answer: Response) -> None:
        super().__init__()
        self._gateway = gateway
        self._key = key
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send; raises TooManyStreams or NoStreamFree before that."""
        # The server closes the connection of an answer that is left without its end.
        with self._gateway.following.places.taken(self._key), suppress(SpeechCutOff):
            await self._answer(scope, receive, send)


class _Beginning:
    """Whether a part of a task is there, and its end is not."""

    def __init__(self, gateway: Gateway, task_id: UUID) -> None:
        self._gateway = gateway
        self._task_id = task_id
        self.is_there = False

    async def heard(self) -> None:
        """Return once the first part is there, or the task has ended, or is followed no more."""
        settings = self._gateway.settings
        with self._gateway.following.feed.listening(self._task_id, None) as listener:
            while not listener.is_over:
                names = {name for name, _ in decoded(await listener.next(settings.openai_wait))}
                if names & _ENDS:
                    return
                if "part" in names:
                    self.is_there = True
                    return


async def _pieces(gateway: Gateway, task_id: UUID) -> AsyncIterator[bytes]:
    """The audio, part by part; raises SpeechCutOff if it does not come to its end."""
    seen = length = 0
    async with aclosing(_told(gateway, task_id)) as events:
        async for name, data in events:
            # After a killed worker the parts before come once more, and are the same.
            if name == "part" and data["seq"] == seen + 1:
                piece = await _read(gateway, data["artifact"]["sha256"])
                seen, length = seen + 1, length + len(piece)
                yield piece
            elif name == "result":
                if seen < data["result"]["parts"]:
                    async for piece in _rest(gateway, data["result"], length):
                        yield piece
                return


async def _told(
    gateway: Gateway, task_id: UUID
) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
    """What is told of a task up to its result; raises SpeechCutOff for any other end."""
    patience = gateway.settings.openai_wait
    heard_at = time.monotonic()
    with gateway.following.feed.listening(task_id, None) as listener:
        while time.monotonic() - heard_at < patience:
            said = await listener.next(patience)
            for name, data in decoded(said):
                if name == "error":
                    raise _cut_off(task_id, f"it has {data['status']}")
                heard_at = time.monotonic()
                yield name, data
            if listener.is_over:
                raise _cut_off(task_id, "it cannot be followed any more")
    raise _cut_off(task_id, f"nothing was heard of it for {patience:.0f} s")


async def _rest(gateway: Gateway, result: dict[str, Any], start: int) -> AsyncIterator[bytes]:
    """What of the whole file comes after its first bytes, of which parts were told."""
    chunks = await to_thread.run_sync(gateway.artifacts.store.open, result["sha256"])
    wanted = range(start, result["size_bytes"])
    async for piece in iterate_in_threadpool(cut(chunks, wanted)):
        yield piece


async def _read(gateway: Gateway, sha256: str) -> bytes:
    return await to_thread.run_sync(gateway.artifacts.store.read, sha256)


def _cut_off(task_id: UUID, why: str) -> SpeechCutOff:
    """Once bytes are sent an error can only cut the answer off; the log says why."""
    _log.error("speech_cut_off", task_id=str(task_id), reason=why)
    return SpeechCutOff(f"the speech of task {task_id} is cut off: {why}")
