"""In which order a worker serves its lanes: the urgent first, with a floor for the others. Pure."""

from collections.abc import Iterable, Sequence

from warren.contracts.lanes import Lane

#: One take in so many (5 %) serves each lower queue first, so that none of them starves.
FLOOR = 20
#: What has waited in the low lane for longer counts as default (seconds).
LOW_AGES_AFTER = 900.0


class LaneOrder:
    """Orders `queues`, which are given the most urgent first.

    A queue shows its head only to who takes it. So the low lane counts as default, and takes turns
    with it, as long as the last job that came from it had waited for more than `low_ages_after`
    seconds: what is behind that one has waited for about as long.
    """

    def __init__(self, queues: Iterable[str], low_ages_after: float = LOW_AGES_AFTER) -> None:
        self._low_ages_after = low_ages_after
        self._low_is_old = False
        self._usual = list(queues)
        self._exchanged = [_exchanged(queue, self._usual) for queue in self._usual]

    def noted(self, queue: str, waited: float) -> None:
        """A job of this queue had waited for so many seconds when it was taken."""
        if _lane(queue) == Lane.LOW:
            self._low_is_old = waited > self._low_ages_after

    def of_turn(self, turn: int) -> Sequence[str]:
        """Whom to serve in the `turn`th take, counted from 1, and whom if there is nothing."""
        queues = self._exchanged if self._low_is_old and turn % 2 else self._usual
        favoured = 1 + -turn % FLOOR
        if favoured >= len(self._usual):
            return queues
        first = self._usual[favoured]
        return [first, *(queue for queue in queues if queue != first)]


def in_lane_order(queues: Iterable[str]) -> list[str]:
    """Queues in the order in which they are served."""
    order = [Lane.PROBE, Lane.CRITICAL, Lane.DEFAULT, Lane.LOW]
    rank = {lane.value: number for number, lane in enumerate(order)}
    return sorted(queues, key=lambda queue: rank.get(_lane(queue), len(rank)))


def _exchanged(queue: str, queues: Sequence[str]) -> str:
    """What stands in the place of `queue` where low goes before default."""
    stem, _, lane = queue.rpartition(".")
    other = {Lane.DEFAULT: Lane.LOW, Lane.LOW: Lane.DEFAULT}.get(lane)  # type: ignore[call-overload]
    name = f"{stem}.{other}"
    return name if other and name in queues else queue


def _lane(queue: str) -> str:
    return queue.rpartition(".")[2]
