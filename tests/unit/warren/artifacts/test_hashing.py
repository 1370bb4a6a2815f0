import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warren.artifacts import ArtifactTooLarge, CorruptArtifact
from warren.artifacts.hashing import HashedChunks, verified

pieces_of_content = st.lists(st.binary(max_size=20), max_size=10)


@given(pieces_of_content)
def test_the_hash_does_not_depend_on_how_content_is_cut(pieces: list[bytes]) -> None:
    chunks = HashedChunks(pieces)
    content = b"".join(chunks)
    assert (chunks.sha256, chunks.size) == (hashlib.sha256(content).hexdigest(), len(content))


@given(pieces_of_content)
def test_verified_chunks_are_the_content(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    assert b"".join(verified(pieces, hashlib.sha256(content).hexdigest())) == content


@given(pieces_of_content.filter(any))
def test_chunks_with_another_hash_never_come_out_whole(pieces: list[bytes]) -> None:
    received: list[bytes] = []
    with pytest.raises(CorruptArtifact):
        received.extend(verified(pieces, hashlib.sha256(b"something else").hexdigest()))
    assert len(b"".join(received)) < len(b"".join(pieces))


def test_the_source_is_not_read_beyond_the_limit() -> None:
    def source() -> Iterator[bytes]:
        yield b"12345"
        yield b"67890"
        raise AssertionError("read on after the limit")

    with pytest.raises(ArtifactTooLarge):
        list(HashedChunks(source(), max_size=9))


@pytest.mark.parametrize("content", [b"abc", bytearray(b"abc"), memoryview(b"abc"), [b"a", b"bc"]])
def test_bytes_come_in_many_forms(content: bytes) -> None:
    assert b"".join(HashedChunks(content)) == b"abc"
