"""Writes the overview dashboard from its panels: python deploy/grafana/build.py"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from panels import ROWS, Panel

TARGET = Path(__file__).parent / "dashboards" / "overview.json"
_DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
_WIDTH, _STATS, _GRAPHS = 24, 8, 3
_STAT_HEIGHT, _GRAPH_HEIGHT = 4, 8


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana imports it."""
    return {
        "uid": "warren-overview",
        "title": "Warren: overview",
        "tags": ["warren"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": []},
        "annotations": {"list": []},
        "panels": list(_panels()),
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for title, panels in ROWS:
        number += 1
        place = {"x": 0, "y": top, "w": _WIDTH, "h": 1}
        yield {"id": number, "type": "row", "title": title, "gridPos": place, "panels": []}
        top += 1
        across = _STATS if panels[0].look == "stat" else _GRAPHS
        height = _STAT_HEIGHT if panels[0].look == "stat" else _GRAPH_HEIGHT
        for index, panel in enumerate(panels):
            number += 1
            width = _WIDTH // across
            x, y = index % across * width, top + index // across * height
            yield _panel(number, panel, {"x": x, "y": y, "w": width, "h": height})
        top += -(-len(panels) // across) * height


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.look,
        "title": panel.title,
        "description": panel.about,
        "datasource": _DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _stat_options() if panel.look == "stat" else _graph_options(),
        "targets": [
            {
                "refId": chr(ord("A") + n),
                "datasource": _DATASOURCE,
                "expr": expression,
                "legendFormat": legend or panel.title,
            }
            for n, (expression, legend) in enumerate(panel.queries)
        ],
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    steps += [{"color": "orange", "value": panel.warn}] if panel.warn is not None else []
    steps += [{"color": "red", "value": panel.alarm}] if panel.alarm is not None else []
    defaults = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.look == "timeseries":
        defaults["min"] = 0
        defaults["custom"] = {"lineWidth": 1, "fillOpacity": 8, "showPoints": "never"}
    return defaults


def _stat_options() -> dict[str, Any]:
    calculation = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    return {"reduceOptions": calculation, "colorMode": "value", "graphMode": "area"}


def _graph_options() -> dict[str, Any]:
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def main() -> None:
    """Write it."""
    TARGET.write_text(json.dumps(dashboard(), indent=1) + "\n")


if __name__ == "__main__":
    main()
