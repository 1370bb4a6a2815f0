"""Vectors from a provider that speaks OpenAI's protocol, with the caller's own key."""

from collections.abc import Sequence
from typing import Annotated

import httpx
import numpy as np
from pydantic import BaseModel, Field, SecretStr, ValidationError

from indexer.config import EmbeddingSettings
from indexer.errors import VectorDoesNotFit
from indexer.ports import DIMENSIONS, Vector
from warren.providers import HttpProvider, ProviderFailed


class _Embedding(BaseModel):
    index: int
    embedding: list[Annotated[float, Field(allow_inf_nan=False)]]


class _Answer(BaseModel):
    data: list[_Embedding]


class HttpEmbedder:
    """Implements `Embedder`; `caller` keeps one caller's refused key from holding off others."""

    def __init__(self, settings: EmbeddingSettings, api_key: SecretStr, caller: str) -> None:
        self._settings = settings
        self._provider = HttpProvider(f"embedding:{caller}")
        self._client = httpx.Client(
            base_url=settings.url,
            headers={"Authorization": f"Bearer {api_key.get_secret_value()}"},
        )

    @property
    def model(self) -> str:
        return f"{self._settings.url}#{self._settings.model}"

    def passages(self, texts: Sequence[str]) -> list[Vector]:
        size = self._settings.batch
        parts = [texts[begin : begin + size] for begin in range(0, len(texts), size)]
        timeout = self._settings.timeout
        return [vector for part in parts for vector in self._embed(part, timeout)]

    def question(self, text: str) -> Vector:
        (vector,) = self._embed([text], self._settings.question_timeout)
        return vector

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _embed(self, texts: Sequence[str], timeout: float) -> list[Vector]:
        body = {
            "model": self._settings.model,
            # Providers refuse an empty text.
            "input": [text or " " for text in texts],
            "dimensions": DIMENSIONS,
            "encoding_format": "float",
        }
        with self._provider.calling():
            response = self._client.post("/embeddings", json=body, timeout=timeout)
            response.raise_for_status()
        try:
            answer = _Answer.model_validate_json(response.content)
        except ValidationError as error:
            raise ProviderFailed("the embedding provider answered with something else") from error
        vectors = [entry.embedding for entry in sorted(answer.data, key=lambda e: e.index)]
        if len(vectors) != len(texts):
            raise ProviderFailed(
                f"the embedding provider gave {len(vectors)} vectors for {len(texts)} texts"
            )
        return [_fitting(vector, self._settings.model) for vector in vectors]


def _fitting(numbers: list[float], model: str) -> Vector:
    if len(numbers) != DIMENSIONS:
        raise VectorDoesNotFit(
            f"the model {model} gives vectors of {len(numbers)} numbers, but the index holds"
            f" {DIMENSIONS}: set INDEXER_EMBEDDING_MODEL to one that can give so many"
        )
    vector = np.array(numbers, np.float32)
    length = float(np.linalg.norm(vector))
    if length == 0:
        raise VectorDoesNotFit(f"the model {model} gave a vector of zeros")
    fitting: Vector = vector / np.float32(length)
    return fitting
