"""What providers of pictures over HTTP have in common."""

from typing import ClassVar

from image_worker.adapters.provider_client import provider_client
from warren.providers import HttpProvider, ProviderBoard


class HttpPictures:
    """The connections and the circuit of one provider; one thread at a time. `close` when done."""

    name: ClassVar[str]

    def __init__(
        self,
        url: str,
        key: str | None,
        model: str,
        *,
        timeout: float,
        board: ProviderBoard | None = None,
    ) -> None:
        self.model = model
        self.version = f"{self.name}:{url}:{model}:1"
        self._provider = HttpProvider(f"image.{self.name}", board)
        self._client = provider_client(url, key, timeout)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def warm_up(self) -> None:
        """Nothing to load."""
