"""What is said beside a file."""

import pytest

from gateway.documents.schemas import FileUpload, parse_upload
from gateway.problems import InvalidFields


def test_metadata_that_are_nested_too_deeply_are_refused_by_name() -> None:
    deep = '{"a":' * 300 + "1" + "}" * 300

    with pytest.raises(InvalidFields) as refused:
        parse_upload(FileUpload, {"source": "handbook", "metadata": deep})

    assert [error.field for error in refused.value.errors] == ["metadata"]
