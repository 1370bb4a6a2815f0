"""Which lane each kind is in stands in one table, and that table is right.

To record a change that is meant: WARREN_UPDATE_SNAPSHOTS=1 python -m pytest tests/contracts.
"""

import os
import re
from pathlib import Path

from warren.contracts.services import installed_services
from warren.worker.catalogue import load_service

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "howto" / "choose-lanes.md"
_ROWS = re.compile(r"(?:^\| `[^`]+` \| `[^`]+` \|\n)+", re.MULTILINE)


def _announced() -> str:
    services = [load_service(name) for name in [*installed_services(), "gateway.housekeeping"]]
    lanes = {(kind.kind, kind.lane) for each in services for kind in each.definitions()}
    return "".join(f"| `{kind}` | `{lane}` |\n" for kind, lane in sorted(lanes))


def test_the_table_has_the_lane_of_every_kind_that_a_service_announces() -> None:
    announced = _announced()
    if os.environ.get("WARREN_UPDATE_SNAPSHOTS"):
        DOCUMENT.write_text(_ROWS.sub(announced, DOCUMENT.read_text(), count=1))

    (table,) = _ROWS.findall(DOCUMENT.read_text())

    assert table == announced, f"give {DOCUMENT.name} these rows:\n{announced}"
