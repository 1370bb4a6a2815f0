"""What a job worker takes from its lanes, and when: no more than it can begin.

Short jobs are fetched ahead, as many as are done in a tenth of a second. Long ones are not: a
message that waits in a busy process waits while another process may have a free slot. So a process
with a free slot asks its lanes, the urgent ones first, for one message at a time; when all are
empty it listens to all of them. A busy process asks for nothing. It may still be listening, from
when it was free: the one message that a lane may bring then is handed back at once, and the lane
is listened to no more. That message has reached a free slot, or waits in its queue for the first,
after one such step for each busy process that was listening.

Jobs of the low lane leave a reserve to the others, unless they are short. When they have what they
may, that lane is treated as all lanes are by a busy process, until one of them has ended.

A consumer is cancelled only while its prefetch is used up, or its queue silent: RabbitMQ counts
what is on its way to a cancelled consumer as delivered in vain. A prefetch of one is used up by
the message that makes it necessary.
"""

from collections.abc import Callable, Iterable, Sequence

from warren.messaging.connection import ConnectionThread
from warren.messaging.delivery import Delivery
from warren.messaging.inbox import Inbox
from warren.messaging.lane_order import LaneOrder
from warren.messaging.lane_subscription import LaneSubscription
from warren.messaging.lane_watch import LaneWatch
from warren.messaging.occupancy import is_low
from warren.messaging.prefetch import SlotGauge

HandBack = Callable[[Sequence[Delivery]], None]


class LaneIntake:
    """Steers the subscriptions of one worker; everything here runs in the connection's thread.

    `hand_back` gets what no slot is free for; it must return at once.
    """

    def __init__(
        self,
        inbox: Inbox,
        order: LaneOrder,
        gauge: SlotGauge,
        thread: ConnectionThread,
        hand_back: HandBack,
    ) -> None:
        self.lanes: dict[str, LaneSubscription] = {}
        self._inbox = inbox
        self._order = order
        self._gauge = gauge
        self._hand_back = hand_back
        self._asking = False
        self._turn = 0
        self._stopped = False
        #: The low lane has what it may; when fetching ahead, only after its jobs proved long.
        self.low_is_full = False
        self._watch = LaneWatch(inbox, thread, self._stalled, self._low_stalled)

    def stop(self) -> None:
        """Take nothing more."""
        self._stopped = True

    def restart(self) -> None:
        """A new connection is open; what was asked of the last one gets no answer."""
        self._asking = False
        self._watch.restart()

    @property
    def looks(self) -> int:
        """Time, in units of LOOK, that stands still while this process does; for any thread."""
        return self._watch.looks

    def adjust(self) -> None:
        """Fetch ahead, or ask for as much as there are free slots, or keep away."""
        if self._stopped:
            return
        if len(self._inbox):
            # Also for what could not be handed back: no lane has brought it.
            self._watch.begin()
        if self._gauge.short:
            self.low_is_full = self.low_is_full and self._inbox.left_to_low <= 0
            self._listen_ahead()
        else:
            self.low_is_full = self._inbox.left_to_low <= 0
            if self._inbox.free_slots > 0:
                self._ask()
            else:
                self._shed(self.lanes.values())
        if self.low_is_full:
            self._shed(filter(_is_low, self.lanes.values()), low_only=True)

    def came(self, lane: LaneSubscription, delivery: Delivery) -> None:
        """Put a message where a thread finds it; it stays there if one will take it soon."""
        self._watch.begin()
        if not self._inbox.put(delivery):
            lane.requeue(delivery)
        elif self._gauge.short:
            lane.follow_wanted_prefetch()
        elif not self._stopped:
            if not lane.hoarding:
                lane.close()
            self.adjust()

    def answer_lost(self) -> None:
        """A channel was closed before it answered; when it is open again, it will be asked."""
        self._asking = False

    def _listen_ahead(self) -> None:
        for lane in self._closed_lanes():
            lane.listen(lane.wanted_prefetch)

    def _closed_lanes(self) -> list[LaneSubscription]:
        return [
            lane
            for lane in self.lanes.values()
            if lane.active and not lane.listening and not (self.low_is_full and _is_low(lane))
        ]

    def _ask(self) -> None:
        closed = {lane.queue: lane for lane in self._closed_lanes()}
        if closed and not self._asking:
            self._turn += 1
            order = self._order.of_turn(self._turn)
            self._ask_in_turn([closed[queue] for queue in order if queue in closed])

    def _ask_in_turn(self, lanes: list[LaneSubscription]) -> None:
        def answered(found: bool) -> None:
            self._asking = False
            closed = self._closed_lanes()
            rest = [lane for lane in lanes[1:] if lane in closed]
            if found or self._stopped or self._gauge.short or self._inbox.free_slots <= 0:
                self.adjust()
            elif rest:
                self._ask_in_turn(rest)
            else:
                for lane in self._closed_lanes():
                    lane.listen(1)

        self._asking = True
        lanes[0].ask(answered)

    def _shed(self, lanes: Iterable[LaneSubscription], *, low_only: bool = False) -> None:
        """Fetch ahead no more from these lanes, and hand back what was fetched."""
        still_hoarding = [lane for lane in lanes if lane.hoarding and not lane.close()]
        if not still_hoarding and (surplus := self._inbox.withdraw(low_only=low_only)):
            self._hand_back(surplus)

    def _stalled(self) -> None:
        """What was fetched ahead waits for jobs that are not short after all."""
        if self._gauge.short and not self._stopped:
            self._gauge.stalled()
            self.adjust()

    def _low_stalled(self) -> None:
        """The low lane's jobs are long; the others' go on."""
        if not self._stopped:
            self.low_is_full = True
            self.adjust()


def _is_low(lane: LaneSubscription) -> bool:
    return is_low(lane.queue)
