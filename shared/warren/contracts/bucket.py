"""A token bucket that bounds starts although starting is up to workers. Pure; times in seconds.

A token is taken when a message is published, yet what counts is when it starts: messages that
waited in the broker may start together with those published after them. So a bucket never holds
more tokens than `burst` less the messages that are still unstarted. Then within any second at most
`rate` + `burst` jobs start: the unstarted and the tokens at its beginning, together at most
`burst`, and what is refilled meanwhile.
"""

from dataclasses import dataclass, replace

from warren.contracts.limits import Rate

#: What a bucket holds at most while all of `burst` is unstarted: no token, yet nearly one, so that
#: the next may follow as soon as one has started.
_NEARLY_ONE = 0.999


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens at `refilled_at`, and how many messages were unstarted after that."""

    tokens: float
    refilled_at: float
    unstarted: int

    @classmethod
    def new(cls, rate: Rate, now: float, unstarted: int) -> "Bucket":
        """A bucket that nobody has used lately."""
        return cls(_capacity(rate, unstarted), now, unstarted)

    def refilled(self, rate: Rate, now: float, unstarted: int) -> "Bucket":
        """The bucket at `now`, when `unstarted` messages are left of those known before.

        When they started is not known, so that all may have been unstarted until now.
        """
        capacity = _capacity(rate, max(self.unstarted, unstarted))
        earned = rate.per_second * max(0.0, now - self.refilled_at)
        return Bucket(min(capacity, self.tokens + earned), max(now, self.refilled_at), unstarted)

    def available(self, rate: Rate) -> int:
        """How many messages may be published now."""
        return max(0, min(int(self.tokens), rate.burst - self.unstarted))

    def taken(self, count: int) -> "Bucket":
        """The bucket after `count` messages were published."""
        return replace(self, tokens=self.tokens - count, unstarted=self.unstarted + count)

    def next_in(self, rate: Rate) -> float:
        """In how many seconds the next token is there, if enough have started by then."""
        return max(0.0, 1.0 - self.tokens) / rate.per_second

    def full_in(self, rate: Rate) -> float:
        """In how many seconds the bucket is as good as new once all have started."""
        return max(0.0, rate.burst - self.tokens) / rate.per_second


def _capacity(rate: Rate, unstarted: int) -> float:
    return max(_NEARLY_ONE, float(rate.burst - unstarted))
