"""Which of a process's slots are taken, and by what."""

from collections.abc import Collection
from dataclasses import dataclass

from warren.contracts.lanes import Lane
from warren.messaging.delivery import Delivery
from warren.messaging.low_pace import LowPace


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a process does at once: jobs in its `threads`, and `most` jobs in all, if some go on
    outside of a thread.

    Jobs of the low lane leave `reserved` of it to those of the other lanes, but have one slot. They
    may use the reserve as long as they are short.
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
        """How many threads jobs of the low lane may have at once, however long they are."""
        return max(1, self.threads - self.reserved)

    @property
    def most_for_low(self) -> int:
        """How many of them there may be at once."""
        return max(1, self.most - self.reserved)

    @property
    def spare_threads(self) -> int:
        """How many threads are needed beside the others, for when low jobs keep the reserve."""
        return self.threads - self.threads_for_low

    def serving(self, queues: Collection[str]) -> "Capacity":
        """The capacity of who serves only these queues: a reserve for nobody is none."""
        low = sum(map(is_low, queues))
        return self if 0 < low < len(queues) else Capacity(self.threads, self.most)


def is_low(queue: str) -> bool:
    """Whether a queue is of the low lane."""
    return queue.rpartition(".")[2] == Lane.LOW


class Occupancy:
    """What was taken and has not ended. Not thread-safe.

    Nobody knows that a job is long before it is. So low jobs may turn out to be that in the
    reserve; then the other lanes have as much beside it (`make_good`) until these have ended.
    """

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._in_threads: set[Delivery] = set()
        self._elsewhere: set[Delivery] = set()
        self._low_in_threads = self._low_elsewhere = 0
        self._low_pace = LowPace()
        self._spare_threads = self._spare = 0

    def __len__(self) -> int:
        return len(self._in_threads) + len(self._elsewhere)

    @property
    def free(self) -> int:
        """How many more jobs may begin now."""
        capacity = self._capacity
        return min(
            capacity.threads + self._spare_threads - len(self._in_threads),
            capacity.most + self._spare - len(self),
        )

    @property
    def left_to_low(self) -> int:
        """How many more of the low lane may begin, as soon as slots are free."""
        capacity, low = self._capacity, self._low_in_threads
        if self._low_pace.short:
            threads, most = capacity.threads, capacity.most
        else:
            threads, most = capacity.threads_for_low, capacity.most_for_low
        return min(threads - low, most - low - self._low_elsewhere)

    def begin(self, delivery: Delivery) -> None:
        """A thread has taken it."""
        self._in_threads.add(delivery)
        self._low_in_threads += is_low(delivery.queue)

    def leave_thread(self, delivery: Delivery) -> None:
        """It goes on without its thread."""
        if delivery in self._in_threads:
            low = is_low(delivery.queue)
            self._in_threads.remove(delivery)
            self._elsewhere.add(delivery)
            self._low_in_threads -= low
            self._low_elsewhere += low
            self._return_spare()

    def end(self, delivery: Delivery, seconds: float | None = None) -> None:
        """Its slot is free, after so many seconds of work, if any; may be repeated."""
        low = is_low(delivery.queue)
        if delivery in self._in_threads:
            self._in_threads.remove(delivery)
            self._low_in_threads -= low
        elif delivery in self._elsewhere:
            self._elsewhere.remove(delivery)
            self._low_elsewhere -= low
        else:
            return
        if low and seconds is not None:
            self._low_pace.ended(seconds)
        self._return_spare()

    def make_good(self) -> bool:
        """Give the other lanes as much as low jobs keep of the reserve; False if they have it."""
        kept, before = self._kept_reserve(), (self._spare_threads, self._spare)
        if not any(kept) or kept == before:
            return False
        self._low_pace.stalled()
        self._spare_threads, self._spare = kept
        return True

    def _return_spare(self) -> None:
        threads, most = self._kept_reserve()
        self._spare_threads = min(self._spare_threads, threads)
        self._spare = min(self._spare, most)

    def _kept_reserve(self) -> tuple[int, int]:
        """Threads, and jobs in all, that low ones have beyond what is theirs."""
        capacity, low = self._capacity, self._low_in_threads
        return (
            max(0, low - capacity.threads_for_low),
            max(0, low + self._low_elsewhere - capacity.most_for_low),
        )
