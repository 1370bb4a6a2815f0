"""Who a picture is for: the envelope says so, and so does the payload of some kinds."""

from gateway.problems import FieldError, InvalidFields
from gateway.tasks.envelope import Envelope
from warren.contracts.generated_images import GenerateForBook, GenerateForDescriptions
from warren.contracts.payload_schema import below

#: Their results name the user, whom only the payload tells them.
_NAMING = frozenset({GenerateForBook.kind, GenerateForDescriptions.kind})


def with_one_user(envelope: Envelope, path: str = "payload") -> Envelope:
    """The envelope, with the same user in both places if either names one.

    Raises InvalidFields for two of them, naming the field below `path`.
    """
    if envelope.kind not in _NAMING:
        return envelope
    named = envelope.payload.get("user_id")
    if not isinstance(named, str | None):
        # The kind's schema says what is wrong with it.
        return envelope
    user = envelope.user_id or named
    if user is None:
        return envelope
    if named is not None and named != user:
        field = below(path, "user_id")
        raise InvalidFields([FieldError(field, "names another user than user_id")])
    payload = {**envelope.payload, "user_id": user}
    return envelope.model_copy(update={"user_id": user, "payload": payload})
