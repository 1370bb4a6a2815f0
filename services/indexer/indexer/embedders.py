"""Which embedder a job or a question uses."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from pydantic import SecretStr

from indexer.adapters.http_embedder import HttpEmbedder
from indexer.adapters.nano_embedder import NanoEmbedder
from indexer.config import EmbeddingSettings
from indexer.ports import Embedder
from warren.contracts.catalogue import api_key_context
from warren.sealing import Sealer, SealingSettings


@contextmanager
def embedder_for(customer_id: UUID, api_key: str | None) -> Iterator[Embedder]:
    """The provider of whoever has given a (sealed) key, the embedded model for all others.

    The key is opened here, and forgotten with the end of the block. Raises CannotOpen.
    """
    if api_key is None:
        yield embedded_model()
        return
    opened = Sealer.of(SealingSettings()).open(api_key, api_key_context(customer_id))
    embedder = HttpEmbedder(EmbeddingSettings(), SecretStr(opened), str(customer_id))
    try:
        yield embedder
    finally:
        embedder.close()


@functools.cache
def embedded_model() -> NanoEmbedder:
    """One for each process; its model is loaded at the first use."""
    return NanoEmbedder()
