"""How a call of a provider can go wrong."""

from warren.errors import PermanentError, TransientError, Unavailable


class ProviderRefused(PermanentError):
    """The provider understood the request and will refuse it every time."""


class ProviderFailed(TransientError):
    """The provider was reached and did not answer as it should; an attempt is spent."""


class ProviderDown(Unavailable):
    """The provider cannot be reached, or asks to be left alone; no attempt is spent.

    `provider` is its name, if it is one that workers tell each other about.
    """

    provider: str | None = None

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | str | None = None,
        provider: str | None = None,
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.provider = provider
