"""Why the broker closed a publishing channel, and which message was at fault."""

import re
from dataclasses import dataclass

from warren.errors import WarrenError
from warren.messaging.errors import PublishRefused, Unroutable
from warren.messaging.publish_window import Outgoing

_NO_EXCHANGE = re.compile(r"no exchange '([^']*)'")
_INACCESSIBLE = re.compile(r"of durable queue '([^']*)'.* is down or inaccessible")
_OTHER_ARGUMENTS = re.compile(r"inequivalent arg .* for queue '([^']*)'")


@dataclass(frozen=True, slots=True)
class Closure:
    """The broker's words, taken apart; the names are None where it spoke of something else."""

    text: str
    missing_exchange: str | None
    mismatched_queue: str | None
    #: A stream whose broker has just come back, or whose node is away.
    inaccessible_queue: str | None

    @classmethod
    def parse(cls, code: int, text: str) -> "Closure":
        """Read the reply code and text of a Channel.Close."""
        exchange = _NO_EXCHANGE.search(text)
        queue = _OTHER_ARGUMENTS.search(text)
        inaccessible = _INACCESSIBLE.search(text)
        return cls(
            text=f"{code} {text}",
            missing_exchange=exchange.group(1) if exchange else None,
            mismatched_queue=queue.group(1) if queue else None,
            inaccessible_queue=inaccessible.group(1) if inaccessible else None,
        )

    def verdict(self, item: Outgoing, max_closures: int) -> WarrenError | None:
        """The error for a message that was in flight; None if it should be sent again.

        The broker does not always say which message it closed the channel over: one that is
        there every time is given up.
        """
        if self.missing_exchange is not None:
            if item.exchange != self.missing_exchange:
                return None
            return Unroutable(f"there is no exchange {item.exchange!r}")
        if self.mismatched_queue is None and self.inaccessible_queue is None:
            item.closures += 1
        if item.closures >= max_closures:
            return PublishRefused(f"the broker closed the channel over it: {self.text}")
        return None
