"""What is new about a task, in words: each entry once, however many streams are told of it."""

from gateway.artifacts.links import ArtifactLinks
from gateway.following import messages
from gateway.following.listener import Listener
from gateway.following.reading import Change, Entry, TaskNow


class News:
    """Of a change, whose entries follow `before` others."""

    def __init__(self, task: TaskNow, change: Change, before: int, links: ArtifactLinks) -> None:
        self._task = task
        self._links = links
        self._is_whole = change.is_whole
        self._entries = list(enumerate(change.entries, before + 1))
        self._count = before + len(change.entries)
        self._encoded: dict[int, bytes] = {}

    def for_listener(self, listener: Listener) -> list[bytes]:
        """The events that the listener is told."""
        said = [
            self._words(number, entry)
            for number, entry in self._entries
            if entry.generation >= listener.generation
        ]
        # The end of which the history says nothing has the id that follows.
        if self._is_whole and self._task.lacks_end and (listener.told or 0) <= self._count:
            said.append(messages.unrecorded_end(self._count + 1, self._task, self._links))
        return said

    def _words(self, number: int, entry: Entry) -> bytes:
        if number not in self._encoded:
            self._encoded[number] = messages.recorded(number, entry, self._task, self._links)
        return self._encoded[number]
