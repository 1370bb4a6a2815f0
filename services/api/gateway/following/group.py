"""Those who follow a task and have come equally far in its history."""

from dataclasses import dataclass, field
from uuid import UUID

from gateway.following.listener import Listener
from gateway.following.reading import Seen


@dataclass(slots=True, eq=False)
class Group:
    """They have been told `count` entries, up to what was `seen`, and this `progress`."""

    task_id: UUID
    seen: Seen
    count: int
    listeners: set[Listener] = field(default_factory=set)
    progress: bytes = b""
    #: There is more than was read: nobody needs to wait for something to happen.
    is_behind: bool = True
    #: When a whole page was read of it last, by the clock of the process.
    read_at: float = 0.0

    @property
    def ready(self) -> set[Listener]:
        """Those who can be told more."""
        return {listener for listener in self.listeners if listener.has_room}

    def split(self, going: set[Listener]) -> "Group":
        """A group of those who go on, while the others stay."""
        self.listeners -= going
        return Group(self.task_id, self.seen, self.count, going, self.progress)
