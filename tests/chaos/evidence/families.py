"""Rows and lines about tasks that other tasks bring about, and what has to come of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["child", "subscriber", "batch", "member", "callback"]


@dataclass(frozen=True, slots=True)
class Descent:
    """A task that another one may bring about: its id, and what it is asked to do.

    `parent` is the task that it is recorded as coming from: that which asked for it, stated the
    event, or for a callback the batch. `batch` is that of a member. `key` is what its job calls it.
    """

    task: str
    parent: str
    role: Role
    kind: str
    payload: Mapping[str, Any]
    key: str = ""
    batch: str | None = None
    #: The generation of the batch that a callback follows.
    generation: int = 1


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A row of `batches`."""

    task: str
    total: int
    has_callback: bool


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A row of `batch_members`."""

    task: str
    batch: str
    position: int
    state: str | None


@dataclass(frozen=True, slots=True)
class Spawn:
    """What a run asked for, as the job logged it; `told` once the worker said it will come."""

    task: str
    generation: int
    key: str
    told: bool
