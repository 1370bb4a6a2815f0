"""A job that goes on when a batch of its own has ended."""

from uuid import UUID

from warren.errors import WarrenError


class MembersAwaited(WarrenError):
    """No failure: the run ends here, and the task is run again when the batch has ended."""

    def __init__(self, batch_id: UUID) -> None:
        super().__init__(f"waits for the end of batch {batch_id}")
        self.batch_id = batch_id
