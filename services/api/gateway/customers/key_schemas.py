"""What the endpoints about keys take and answer."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gateway.customers.key_rows import KeyRow
from gateway.customers.keys import Scope
from gateway.problems import InvalidFields
from gateway.tasks.envelope import Moment, field_errors

#: What PostgreSQL's integers hold.
_MOST = 2**31 - 1
#: In days.
_LONGEST = 36_525
# Without line breaks: commands list one a line.
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Scopes = Annotated[list[Annotated[Scope, Field(strict=False)]], Field(min_length=1, max_length=4)]
Limit = Annotated[int, Field(ge=1, le=_MOST)]


def _in_future(moment: datetime) -> datetime:
    if moment <= datetime.now(UTC):
        raise ValueError("must be in the future")
    if (moment - datetime.now(UTC)).days > _LONGEST:
        raise ValueError("must be at most a hundred years from now")
    return moment


Expiry = Annotated[Moment, Field(strict=False), AfterValidator(_in_future)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


BodyT = TypeVar("BodyT", bound=BaseModel)


class KeyBody(_Body):
    """A key that is to be made: of one's own customer, unless an administrator names another.

    Limits that are not given are those of the customer's plan.
    """

    name: Name
    scopes: Scopes = [Scope.TASKS_READ, Scope.TASKS_WRITE]
    expires_at: Expiry | None = None
    customer_id: Annotated[UUID, Field(strict=False)] | None = None
    requests_per_minute: Limit | None = None
    tasks_per_day: Limit | None = None


class KeyChange(_Body):
    """What is to be different; null takes an expiry or a limit away."""

    name: Name = ""
    scopes: Scopes = []
    expires_at: Expiry | None = None
    requests_per_minute: Limit | None = None
    tasks_per_day: Limit | None = None


class KeyView(BaseModel):
    """A key without its secret; `last_used_at` to within a minute.

    Limits that are null are those of the customer's plan.
    """

    id: UUID
    prefix: str
    name: str
    customer_id: UUID
    plan: str
    state: Literal["active", "expired", "revoked"]
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    requests_per_minute: int | None
    tasks_per_day: int | None

    @classmethod
    def of(cls, row: KeyRow) -> Self:
        """The view of a row."""
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class NewKey(KeyView):
    """A key with its secret, which is shown this once."""

    key: str

    @classmethod
    def made(cls, row: KeyRow, key: str) -> Self:
        """The view of a row that was just made."""
        return cls(**KeyView.of(row).model_dump(), key=key)


class KeyList(BaseModel):
    """Oldest first."""

    items: list[KeyView]
    next_cursor: str | None


def parse_body(body: dict[str, Any]) -> KeyBody:
    """A key to be made; a null counts as absent. Raises InvalidFields."""
    given = {name: value for name, value in body.items() if value is not None}
    return parse_as(KeyBody, given)


def parse_change(body: dict[str, Any]) -> dict[str, Any]:
    """What is given of a KeyChange, by name. Raises InvalidFields."""
    return parse_as(KeyChange, body).model_dump(exclude_unset=True)


def parse_as(model: type[BodyT], body: dict[str, Any]) -> BodyT:
    """Read a body as it is, nulls included. Raises InvalidFields."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise InvalidFields(field_errors(error, model)) from error
