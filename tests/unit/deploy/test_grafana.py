"""The dashboard that lies there is the one that its panels make."""

import json
import re
import runpy
from pathlib import Path

GRAFANA = Path(__file__).resolve().parents[3] / "deploy" / "grafana"


def test_the_dashboard_is_as_its_panels_say() -> None:
    made = runpy.run_path(str(GRAFANA / "build.py"))["dashboard"]()

    kept = json.loads((GRAFANA / "dashboards" / "overview.json").read_text())
    assert kept == made, "run python deploy/grafana/build.py"
    ids = [panel["id"] for panel in made["panels"]]
    assert len(ids) == len(set(ids))


def test_legends_name_nothing_that_their_expressions_have_summed_away() -> None:
    targets = [
        target
        for panel in runpy.run_path(str(GRAFANA / "build.py"))["dashboard"]()["panels"]
        for target in panel.get("targets", [])
    ]

    for target in targets:
        kept = re.findall(r"\w+", " ".join(re.findall(r"\bby \(([^)]*)\)", target["expr"])))
        named = re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
        assert set(named) <= set(kept), target
