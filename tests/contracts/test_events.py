"""One table has every event: who issues it, who subscribes to it, what it says.

It is generated from the contracts and the services. To write it again after a change that is meant:
WARREN_UPDATE_SNAPSHOTS=1 python -m pytest tests/contracts.
"""

import ast
import inspect
import os
import re
from collections.abc import Iterator
from pathlib import Path

from gateway.asyncapi.document import events
from warren.contracts.events import Event, is_event_type
from warren.contracts.services import installed_services
from warren.worker.catalogue import load_service

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "events.md"
_TABLE = re.compile(r"\| event \|.*?\n\n", re.DOTALL)


def _made_in(service: Path) -> Iterator[str]:
    """Names of the classes of which a service's code makes objects."""
    for file in service.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield node.func.id


def _issuers() -> dict[str, set[str]]:
    """Which services state which events, by the name of the event's class."""
    issuers: dict[str, set[str]] = {}
    for service in (ROOT / "services").iterdir():
        if not service.is_dir():
            continue
        for name in _made_in(service):
            issuers.setdefault(name, set()).add(service.name)
    return issuers


def _subscribers() -> dict[str, set[str]]:
    services = [load_service(name) for name in [*installed_services(), "gateway.housekeeping"]]
    found: dict[str, set[str]] = {}
    for kind in (kind for service in services for kind in service.definitions()):
        for subscription in kind.subscriptions:
            found.setdefault(subscription.event_type, set()).add(kind.kind)
    return found


def _row(event: type[Event], issuers: set[str], subscribers: set[str]) -> str:
    required = {name for name, field in event.model_fields.items() if field.is_required()}
    fields = [f"`{name}`" if name in required else f"`{name}`?" for name in event.model_fields]
    said = " ".join(inspect.cleandoc(event.__doc__ or "").split("\n\n")[0].split())
    who, whom = (", ".join(f"`{name}`" for name in sorted(n)) for n in (issuers, subscribers))
    return f"| `{event.type}` | {said} | {who} | {', '.join(fields)} | {whom} |\n"


def _generated() -> str:
    issuers, subscribers = _issuers(), _subscribers()
    rows = [
        _row(event, issuers.get(event.__name__, set()), subscribers.get(event.type, set()))
        for event in events()
    ]
    head = "| event | says | issued by | data | subscribers here |\n|---|---|---|---|---|\n"
    return f"{head}{''.join(rows)}\n"


def test_the_table_of_events_is_what_contracts_and_services_say() -> None:
    generated = _generated()
    if os.environ.get("WARREN_UPDATE_SNAPSHOTS"):
        text = DOCUMENT.read_text()
        DOCUMENT.write_text(_TABLE.sub(lambda _: generated, text, count=1))

    (table,) = _TABLE.findall(DOCUMENT.read_text())

    assert table == generated, f"give {DOCUMENT.name} this table:\n{generated}"


def test_an_event_has_a_versioned_name_a_customer_and_somebody_who_issues_it() -> None:
    issuers = _issuers()

    for event in events():
        assert is_event_type(event.type), event.__name__
        assert "customer_id" in event.model_fields, event.type
        assert issuers.get(event.__name__), f"no service makes an {event.__name__}"
