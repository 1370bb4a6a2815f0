"""What services need to call providers over HTTP: which error means what, and when to hold off."""

from warren.providers.board import ProviderBoard, process_board
from warren.providers.circuit import Circuit
from warren.providers.errors import ProviderDown, ProviderFailed, ProviderRefused
from warren.providers.hold import Hold
from warren.providers.http import HttpProvider

__all__ = [
    "Circuit",
    "Hold",
    "HttpProvider",
    "ProviderBoard",
    "ProviderDown",
    "ProviderFailed",
    "ProviderRefused",
    "process_board",
]
