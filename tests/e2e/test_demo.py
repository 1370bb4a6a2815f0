"""The demonstration as it is typed, beside a system that runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from warren.cli.demo.tracks import tracks_of
from warren.stack.stack import Stack

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

WARREN = str(Path(sys.executable).parent / "warren")
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


def test_every_step_succeeds_and_the_page_shows_its_files(stack: Stack) -> None:
    # Given a stack that runs
    tracks = tracks_of({process.name for process in stack.descriptor.processes})
    assert [[type(step).__name__ for step in track] for track in tracks] == _TRACKS

    # When somebody types the command in its folder
    root = stack.folder.path.parent
    shown = subprocess.run(
        [WARREN, "demo", "--root", str(root)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    # Then it uses that stack, tells of each step in a table, and shows each file on a page
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.startswith(
        f"using the stack that runs here: {stack.descriptor.gateway_url}"
    )
    steps = [step for track in tracks for step in track]
    table = shown.stdout.partition("\nwhat ")[2].splitlines()
    assert [row for row in table if "failed" in row] == []
    assert [step.title for step in steps if not any(r.startswith(step.title) for r in table)] == []
    page = (stack.folder.demo / "index.html").read_text()
    assert f"{len(steps)} of {len(steps)}" in page
    made = {file.name for file in stack.folder.demo.iterdir()} - {"index.html"}
    assert "letter.wav" in made
    assert [name for name in made if f'="{name}"' not in page] == []
