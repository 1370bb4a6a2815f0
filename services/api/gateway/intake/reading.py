"""Commands as they come from the broker; what is none is set aside with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.recording.decoding import Rejected, rejection, storable
from warren.contracts.intake import SpawnTasks, parse_spawn


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid command and the bytes it came in."""

    command: SpawnTasks
    body: bytes


def read_commands(bodies: Iterable[bytes]) -> tuple[list[Asked], list[Rejected]]:
    """Decode and validate the commands of several messages, keeping their order."""
    asked: list[Asked] = []
    rejected: list[Rejected] = []
    for body in bodies:
        try:
            asked.append(Asked(parse_spawn(storable(body)), body))
        except ValueError as error:
            rejected.append(rejection(body, error))
    return asked, rejected
