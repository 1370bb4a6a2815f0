"""What no view shows, not even in its sealed form."""

from typing import Any

from warren.contracts.sealed import is_sealed

HIDDEN = "(sealed)"


def without_sealed(value: Any) -> Any:
    """The same document, with a word in place of each sealed secret."""
    if isinstance(value, dict):
        return {name: without_sealed(child) for name, child in value.items()}
    if isinstance(value, list):
        return [without_sealed(child) for child in value]
    return HIDDEN if is_sealed(value) else value
