"""Whoever is paged finds every alert in one table, with a page that knows it."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import gateway
from warren.worker.catalogue import load_service

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
SOURCES = Path(gateway.__file__).parent
_ROW = re.compile(r"^\| `(\w+)` \|.*\| \[[^]]+\]\(([^)#]+)(#[^)]*)?\) \|$", re.MULTILINE)


def _raised() -> set[str]:
    """The names that `raise_alert` is called with, and those of statements that insert alerts."""
    return {
        str(getattr(importlib.import_module(module), name)) for module, name in _named_by_code()
    }


def _named_by_code() -> Iterator[tuple[str, str]]:
    for path in SOURCES.rglob("*.py"):
        module = ".".join(("gateway", *path.relative_to(SOURCES).with_suffix("").parts))
        for call in ast.walk(tree := ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("alerts.raise_alert"):
                yield module, ast.unparse(call.args[1])
        if "INSERT INTO alerts" in ast.unparse(tree) and module != "gateway.alerts.store":
            yield module, "ALERT"


def _table() -> dict[str, str]:
    """Alerts of the table, and the page of each."""
    return {name: page for name, page, _ in _ROW.findall((RUNBOOKS / "README.md").read_text())}


def test_the_table_has_every_alert_that_can_be_raised() -> None:
    assert set(_table()) == _raised()


def test_the_page_of_an_alert_calls_it_by_its_name() -> None:
    pages = {name: (RUNBOOKS / page).read_text() for name, page in _table().items()}

    assert [name for name, text in pages.items() if f"`{name}`" not in text] == []


def test_every_runbook_stands_in_the_table_or_below_it() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)", (RUNBOOKS / "README.md").read_text()))

    assert {path.name for path in RUNBOOKS.glob("*.md")} - {"README.md"} == linked


def test_every_heading_that_the_table_leads_to_is_there() -> None:
    text = (RUNBOOKS / "README.md").read_text()
    for page, heading in re.findall(r"\]\(([\w./-]+\.md)#([^)]+)\)", text):
        headings = re.findall(r"^#+ (.*)$", (RUNBOOKS / page).read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in headings}
        assert heading in anchors, (page, heading)


def test_every_job_that_the_housekeeper_repeats_stands_in_the_table_of_clean_ups() -> None:
    text = (RUNBOOKS / "clean-up.md").read_text()
    told = set(re.findall(r"`(api\.\w+)`", "\n".join(re.findall(r"^\|.*?\|", text, re.MULTILINE))))
    kinds = load_service("gateway.housekeeping").definitions()

    assert {kind.kind for kind in kinds if kind.schedule} <= told
