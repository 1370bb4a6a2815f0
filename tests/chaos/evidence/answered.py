"""What the answer to a client says of what was done."""

from typing import Protocol


class Answered(Protocol):
    """`code` is the answer's status; without one it was lost."""

    @property
    def code(self) -> int | None: ...

    @property
    def is_sure(self) -> bool:
        """Whether the answer was a yes."""
        return self.code is not None and self.code < 300

    @property
    def may_have_worked(self) -> bool:
        """Whether it was done, or nobody can say."""
        return self.code is None or self.code < 300 or self.code >= 500
