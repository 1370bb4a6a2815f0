"""Which of a process's slots are taken, and by what."""

from collections.abc import Collection
from dataclasses import dataclass

from warren.contracts.lanes import Lane
from warren.messaging.delivery import Delivery


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a process does at once: jobs in its `threads`, and `most` jobs in all, if some go on
    outside of a thread.

    Jobs of the low lane leave `reserved` of it to those of the other lanes, but have one slot.
    """

    threads: int
    most: int
    reserved: int = 0

    @classmethod
    def of_threads(cls, threads: int) -> "Capacity":
        """Where every job keeps its thread to its end."""
        return cls(threads, threads)

    @property
    def threads_for_low(self) -> int:
        """How many threads jobs of the low lane may have at once."""
        return max(1, self.threads - self.reserved)

    @property
    def most_for_low(self) -> int:
        """How many of them there may be at once."""
        return max(1, self.most - self.reserved)

    def serving(self, queues: Collection[str]) -> "Capacity":
        """The capacity of who serves only these queues: a reserve for nobody is none."""
        low = sum(map(is_low, queues))
        return self if 0 < low < len(queues) else Capacity(self.threads, self.most)


def is_low(queue: str) -> bool:
    """Whether a queue is of the low lane."""
    return queue.rpartition(".")[2] == Lane.LOW


class Occupancy:
    """What was taken and has not ended. Not thread-safe."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._in_threads: set[Delivery] = set()
        self._elsewhere: set[Delivery] = set()
        self._low_in_threads = self._low_elsewhere = 0

    def __len__(self) -> int:
        return len(self._in_threads) + len(self._elsewhere)

    @property
    def free(self) -> int:
        """How many more jobs may begin now."""
        capacity = self._capacity
        return min(capacity.threads - len(self._in_threads), capacity.most - len(self))

    @property
    def left_to_low(self) -> int:
        """How many more of the low lane may begin, as soon as slots are free."""
        capacity, low = self._capacity, self._low_in_threads
        return min(
            capacity.threads_for_low - low, capacity.most_for_low - low - self._low_elsewhere
        )

    def begin(self, delivery: Delivery) -> None:
        """A thread has taken it."""
        self._in_threads.add(delivery)
        self._low_in_threads += is_low(delivery.queue)

    def leave_thread(self, delivery: Delivery) -> None:
        """It goes on without its thread."""
        if delivery in self._in_threads:
            self.end(delivery)
            self._elsewhere.add(delivery)
            self._low_elsewhere += is_low(delivery.queue)

    def end(self, delivery: Delivery) -> None:
        """Its slot is free; may be repeated."""
        low = is_low(delivery.queue)
        if delivery in self._in_threads:
            self._in_threads.remove(delivery)
            self._low_in_threads -= low
        elif delivery in self._elsewhere:
            self._elsewhere.remove(delivery)
            self._low_elsewhere -= low
