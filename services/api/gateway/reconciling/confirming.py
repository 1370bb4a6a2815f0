"""What deletes everything has to be meant."""

from gateway.problems import FieldError, InvalidFields


def ensure_confirmed(confirm: bool) -> None:
    """Raise InvalidFields unless the request says `confirm=true`."""
    if not confirm:
        raise InvalidFields([FieldError("confirm", "must be true: this deletes everything")])
