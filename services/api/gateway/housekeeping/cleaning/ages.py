"""How long results and files of a task stay by its kind, as statements know it."""

from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from gateway.tasks.retention import RetentionSettings

#: Of a task `t`, with the values of `ages_by_kind`: `RetentionSettings.days_of`.
DAYS_OF_KIND: LiteralString = """coalesce((%(by_kind)s::jsonb ->> t.kind)::integer,
    (%(by_kind)s::jsonb ->> split_part(t.kind, '.', 1))::integer, %(others)s)"""


def ages_by_kind(settings: RetentionSettings) -> dict[str, Any]:
    """Values of the expression."""
    return {
        "others": settings.artifact_days,
        "by_kind": Jsonb(settings.artifact_days_by_kind),
    }
