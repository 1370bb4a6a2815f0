"""The demonstration's own steps, on a running system."""

from pathlib import Path

import pytest
from rich.console import Console

from warren.cli.demo.board import LineBoard
from warren.cli.demo.client import DemoClient
from warren.cli.demo.page import write_page
from warren.cli.demo.running import run_all
from warren.cli.demo.tracks import tracks_of
from warren.stack.stack import Stack

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

#: All of them: the stack of these tests has every worker that the demonstration needs.
_TRACKS = [
    ["ReadBook"],
    ["Generate", "Restyle", "Enlarge"],
    ["CutOut", "SwapFaces"],
    ["Speak"],
    ["Speak"],
    ["Search"],
    ["KeepDocument", "KeepFaq"],
]


def test_every_step_succeeds_and_the_page_shows_its_files(stack: Stack, tmp_path: Path) -> None:
    described = stack.descriptor
    tracks = tracks_of({process.name for process in described.processes})
    assert [[type(step).__name__ for step in track] for track in tracks] == _TRACKS

    with (
        DemoClient(described.gateway_url, described.api_key) as client,
        LineBoard(Console(quiet=True)) as board,
    ):
        ran = run_all(tracks, client, tmp_path, board)
    page = write_page(ran, 1.0, tmp_path).read_text()

    assert [f"{one.step.title}: {one.failure}" for one in ran if one.failure] == []
    made = {file.name for file in tmp_path.iterdir()} - {"index.html"}
    assert "letter.wav" in made
    assert [name for name in made if f'="{name}"' not in page] == []
