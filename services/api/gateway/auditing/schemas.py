"""The audit as JSON."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class AuditView(BaseModel):
    """One change.

    `actor` is `key:<prefix>`, `task:<id>`, `command:<user of the machine>` or a service's own word;
    `customer_id` is whose thing was changed, null if it is the installation's.
    """

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    customer_id: UUID | None
    details: dict[str, Any]


class AuditList(BaseModel):
    """Newest first."""

    items: list[AuditView]
    next_cursor: str | None
