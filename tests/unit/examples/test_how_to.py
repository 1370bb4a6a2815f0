"""What the documents on services and their tests tell people to write works."""

import re
from pathlib import Path
from typing import Any

import pytest

HOW_TO = Path(__file__).parents[3] / "docs" / "howto"
BLOCKS = [
    pytest.param(source, id=f"{document}-{number}")
    for document in ("add-a-service.md", "test-a-worker.md")
    for number, source in enumerate(
        re.findall(
            r"^```python\n(.*?)^```", (HOW_TO / document).read_text(), re.MULTILINE | re.DOTALL
        )
    )
]


@pytest.mark.parametrize("source", BLOCKS)
def test_a_block_of_the_documents_runs_and_its_tests_pass(source: str) -> None:
    names: dict[str, Any] = {"__name__": "written_after_the_document"}

    exec(compile(source, "document.py", "exec"), names)  # noqa: S102 -- our own document

    for name, value in list(names.items()):
        if name.startswith("test_"):
            value()


def test_the_files_that_the_document_lists_are_written(tmp_path: Path) -> None:
    from warren.cli.new_service_files import write_service
    from warren.cli.new_service_names import service_names

    for folder in ("services", "tests/unit"):
        (tmp_path / folder).mkdir(parents=True)
    write_service(service_names("picture-worker"), tmp_path)

    listed = re.findall(
        r"^\| `([^`]+)` \|", (HOW_TO / "add-a-service.md").read_text(), re.MULTILINE
    )
    assert listed
    for place in listed:
        base = tmp_path if place.startswith("tests") else tmp_path / "services" / "picture-worker"
        assert (base / place.replace("<package>", "picture_worker")).exists(), place
