"""What can go wrong with a message; all but the last pass by waiting."""

from warren.errors import PermanentError, Unavailable


class Unroutable(Unavailable):
    """No queue takes messages for that exchange and routing key."""


class PublishRefused(Unavailable):
    """The broker refused the message (a full queue, or a channel it closed over it)."""


class PublishTimeout(Unavailable):
    """The broker did not confirm in time; the message may or may not be there."""


class PublisherClosed(Unavailable):
    """The publisher was closed before the broker confirmed; the message may or may not be there."""


class MessageTooLarge(PermanentError):
    """The message is larger than what every supported broker accepts."""
