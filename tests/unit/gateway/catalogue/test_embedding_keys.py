"""Which keys of callers' own providers are taken."""

from uuid import uuid4

import pytest
from fastapi import Request

from gateway.catalogue.sealing import sealed_api_key
from gateway.problems import InvalidFields


@pytest.mark.parametrize("key", [b"sk-\xe9", b" ", b"sk\x07"])
def test_a_key_that_its_provider_could_not_be_shown_is_refused_at_once(key: bytes) -> None:
    request = Request({"type": "http", "headers": [(b"x-embedding-api-key", key)]})

    with pytest.raises(InvalidFields) as caught:
        sealed_api_key(request, uuid4())

    (error,) = caught.value.errors
    assert error.field == "x-embedding-api-key"
    assert error.message.startswith("must be printable ASCII")
