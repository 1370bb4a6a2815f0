"""Announced kinds as the recorder needs them: few at a time, and always the newest."""

from collections.abc import Iterable
from typing import Any

import structlog
from psycopg import Connection
from psycopg.rows import tuple_row
from pydantic import ValidationError

from gateway.kinds.catalogue import CataloguedKind
from warren.contracts.kinds import KindDefinition
from warren.contracts.payload_schema import PayloadSchema

_READ = """
SELECT kind, version, md5(definition::text), definition FROM job_kinds WHERE kind = ANY (%s)
"""
_ONE = "SELECT definition FROM job_kinds WHERE kind = %s AND version = %s"
_REMEMBERED = 1000


class Definitions:
    """Reads kinds by name, and compiles a schema once for each change of it."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, int, str], CataloguedKind] = {}

    def read(
        self, connection: Connection[Any], kinds: Iterable[str]
    ) -> dict[str, dict[int, CataloguedKind]]:
        """The announced versions of each of these kinds; those that cannot be used are left out."""
        found: dict[str, dict[int, CataloguedKind]] = {}
        with connection.cursor(row_factory=tuple_row) as cursor:
            rows = cursor.execute(_READ, [sorted(set(kinds))]).fetchall()
        for kind, version, fingerprint, document in rows:
            usable = self._compile((kind, version, fingerprint), document)
            if usable is not None:
                found.setdefault(kind, {})[version] = usable
        return found

    def _compile(self, name: tuple[str, int, str], document: Any) -> CataloguedKind | None:
        if name in self._compiled:
            return self._compiled[name]
        try:
            definition = KindDefinition.model_validate(document)
            usable = CataloguedKind(definition, PayloadSchema(definition.payload_schema))
        except Exception as error:  # noqa: BLE001 - one service's faulty announcement is no end
            _log_unusable(name[0], name[1], error)
            return None
        if len(self._compiled) >= _REMEMBERED:
            self._compiled.clear()
        self._compiled[name] = usable
        return usable


def announced_definition(
    connection: Connection[Any], kind: str, version: int
) -> KindDefinition | None:
    """What is announced of one kind, whose payloads are ours: its schema is not compiled."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_ONE, [kind, version]).fetchone()
    try:
        return None if row is None else KindDefinition.model_validate(row[0])
    except ValidationError as error:
        _log_unusable(kind, version, error)
        return None


def _log_unusable(kind: str, version: int, error: Exception) -> None:
    structlog.get_logger("warren.recorder").error(
        "an announced kind cannot be used", kind=kind, version=version, error=str(error)
    )
