"""The dashboard that lies there is the one that its panels make."""

import json
import runpy
from pathlib import Path

GRAFANA = Path(__file__).resolve().parents[3] / "deploy" / "grafana"


def test_the_dashboard_is_as_its_panels_say() -> None:
    made = runpy.run_path(str(GRAFANA / "build.py"))["dashboard"]()

    kept = json.loads((GRAFANA / "dashboards" / "overview.json").read_text())
    assert kept == made, "run python deploy/grafana/build.py"
    ids = [panel["id"] for panel in made["panels"]]
    assert len(ids) == len(set(ids))
