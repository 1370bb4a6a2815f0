"""What a domain does when tasks move."""

from collections.abc import Callable, Sequence
from typing import Any

from psycopg import Connection

from warren.contracts.state_machine import Transition

#: Called once a batch with all its transitions, also those that changed nothing, within the
#: transaction that records them. Writes to its own domain's tables. What it raises counts against
#: the statuses, which are then bisected.
Projection = Callable[[Connection[Any], Sequence[Transition]], None]
