"""What services need to call providers over HTTP: which error means what, and when to hold off."""

from warren.providers.circuit import Circuit
from warren.providers.errors import ProviderDown, ProviderFailed, ProviderRefused
from warren.providers.http import HttpProvider

__all__ = ["Circuit", "HttpProvider", "ProviderDown", "ProviderFailed", "ProviderRefused"]
