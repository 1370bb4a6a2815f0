"""Which deliveries of one channel are unsettled, and the fewest acks that settle some of them."""

from collections import Counter, OrderedDict
from collections.abc import Iterable


class AckWindow:
    """Delivery tags of one channel in order, each with the consumer it was delivered to."""

    def __init__(self) -> None:
        self._unsettled: OrderedDict[int, str] = OrderedDict()
        self._held: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._unsettled)

    def held_by(self, consumer: str) -> int:
        """Unsettled deliveries of one consumer."""
        return self._held[consumer]

    def delivered(self, tag: int, consumer: str) -> None:
        """Note a new delivery."""
        self._unsettled[tag] = consumer
        self._held[consumer] += 1

    def settle(self, tag: int) -> bool:
        """Take one out; False if it was settled before."""
        consumer = self._unsettled.pop(tag, None)
        if consumer is None:
            return False
        self._held[consumer] -= 1
        return True

    def acks(self, tags: Iterable[int]) -> list[tuple[int, bool]]:
        """Take `tags` out; what to ack, as (tag, multiple): an unbroken run from the oldest
        unsettled one takes a single ack."""
        wanted = {tag for tag in tags if tag in self._unsettled}
        run = 0
        while self._unsettled and next(iter(self._unsettled)) in wanted:
            run = next(iter(self._unsettled))
            self.settle(run)
            wanted.discard(run)
        acks = [(run, True)] if run else []
        for tag in sorted(wanted):
            self.settle(tag)
            acks.append((tag, False))
        return acks
