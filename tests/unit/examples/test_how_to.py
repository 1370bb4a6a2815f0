"""What the document on services says about files is so."""

import re
from pathlib import Path

HOW_TO = Path(__file__).parents[3] / "docs" / "howto"


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
