"""What can go wrong with a stack, said in one line that a tired person can act on."""

from warren.errors import ConfigurationError, WarrenError


class StackAlreadyRuns(ConfigurationError):
    """One checkout has one stack at a time."""


class PortTaken(ConfigurationError):
    """The port that was asked for belongs to another program."""


class StackDidNotStart(WarrenError):
    """A part of the stack did not come up; the message ends with its log."""


class NoSuchProcess(WarrenError):
    """The stack has no process of that name."""
