"""Tasks that are part of somebody's own PostgreSQL transaction."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from warren.client import sql
from warren.client.errors import InvalidJob
from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import id_time, new_id
from warren.contracts.job import Job
from warren.contracts.kinds import Audience, KindDefinition
from warren.contracts.limit_key import limit_key_of
from warren.contracts.unique_keys import unique_key_of
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


class Remind(Job):
    """Remind a customer of something."""

    kind: ClassVar[str] = "mail.remind"

    text: str
    urgent: bool = False
    enclosure: ArtifactRef | None = None


def definition(**more: Any) -> KindDefinition:
    return KindDefinition(
        kind=Remind.kind,
        version=1,
        service="mail",
        payload_schema=Remind.submission_schema(),
        **more,
    )


@pytest.fixture
def customer(database: Any) -> UUID:
    database.announce(definition())
    customer: UUID = database.customer()
    return customer


@pytest.fixture
def connection(database: Any) -> Any:
    with psycopg.connect(database.url) as connection:
        yield connection


def enqueue(connection: Any, customer: UUID, **arguments: Any) -> UUID:
    """Call the function as any language would."""
    arguments = {"kind": Remind.kind, "payload": '{"text": "now"}', **arguments}
    named = ", ".join(f"{name} => %({name})s" for name in arguments)
    query = f"SELECT warren_enqueue(customer => %(customer)s, {named})"
    row = connection.execute(query, {"customer": customer, **arguments}).fetchone()
    task: UUID = row[0]
    return task


def test_a_task_is_there_when_the_transaction_is(
    database: Any, connection: Any, customer: UUID
) -> None:
    connection.execute("CREATE TABLE orders (id integer)")
    connection.execute("INSERT INTO orders VALUES (1)")
    handle = sql.enqueue(connection, Remind(text="pay"), customer=customer, tags=["order-1"])
    assert database.count("tasks") == database.count("outbox") == 0

    connection.commit()

    ((task, queue, state, payload, tags, actor),) = database.ask(
        "SELECT id, queue, state, payload, tags, actor FROM tasks"
    )
    assert (task, queue, state, tags) == (handle.id, "mail.default", "pending", ["order-1"])
    assert payload == {"text": "pay"}
    assert actor.startswith("sql:")
    assert database.ask("SELECT task_id, queue FROM outbox") == [(task, "mail.default")]
    assert abs(id_time(task) - datetime.now(UTC)) < timedelta(minutes=5)
    assert task.version == 7
    database.ask("DROP TABLE orders")


def test_a_rollback_leaves_nothing(database: Any, connection: Any, customer: UUID) -> None:
    sql.enqueue(connection, Remind(text="pay"), customer=customer, unique_key="once")

    connection.rollback()

    assert [database.count(table) for table in ("tasks", "outbox", "unique_keys")] == [0, 0, 0]


def test_the_commit_wakes_the_relay(database: Any, connection: Any, customer: UUID) -> None:
    with psycopg.connect(database.url, autocommit=True) as listener:
        listener.execute("LISTEN warren_outbox")
        enqueue(connection, customer)
        connection.commit()

        assert next(listener.notifies(timeout=20)).channel == "warren_outbox"


def test_a_task_may_be_due_later(database: Any, connection: Any, customer: UUID) -> None:
    moment = datetime.now(UTC) + timedelta(hours=2)
    enqueue(connection, customer, run_at=moment)
    enqueue(connection, customer, delay_seconds=7200)
    enqueue(connection, customer, run_at=datetime(2001, 1, 1, tzinfo=UTC))
    connection.commit()

    rows = database.ask(
        "SELECT state, available_at > now() + interval '1 hour' FROM tasks"
        " JOIN outbox ON task_id = id ORDER BY available_at DESC"
    )
    assert rows == [("scheduled", True), ("scheduled", True), ("pending", False)]


def test_a_unique_key_gives_the_task_that_lives(connection: Any, customer: UUID) -> None:
    first = enqueue(connection, customer, unique_key="book-1")
    again = enqueue(connection, customer, unique_key="book-1")
    other = enqueue(connection, customer, unique_key="book-2")

    assert first == again != other


def test_a_unique_kind_needs_no_key_of_the_caller(
    database: Any, connection: Any, customer: UUID
) -> None:
    database.announce(definition(unique="{payload.text}"), release="2.0")
    first, again, other = (
        enqueue(connection, customer, payload=f'{{"text": "{text}"}}') for text in "aab"
    )

    assert first == again != other


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"kind": "mail.nothing"}, "kind: is mail.nothing, which no service has announced"),
        ({"payload": "[]"}, "payload: must be a JSON object"),
        ({"payload": '{"text": "' + "x" * 70_000 + '"}'}, "payload: is larger than 65536 bytes"),
        ({"lane": "probe"}, "lane: must be one of"),
        ({"lane": "critical"}, "lane: may be critical for customers of the premium plan only"),
        ({"delay_seconds": -1}, "delay_seconds: must be between"),
        ({"delay_seconds": float("nan")}, "delay_seconds: must be between"),
        ({"run_at": "-infinity"}, "run_at: must not be before 1970"),
        ({"run_at": datetime(2900, 1, 1, tzinfo=UTC)}, "run_at: must be at most"),
        ({"expires_at": datetime(2001, 1, 1, tzinfo=UTC)}, "expires_at: must be in the future"),
        ({"unique_key": ""}, "unique_key: must have"),
        ({"tags": [""]}, "tags: must be"),
        ({"metadata": "7"}, "metadata: must be"),
    ],
)
def test_what_cannot_be_is_refused_and_named(
    connection: Any, customer: UUID, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as refusal:
        enqueue(connection, customer, **arguments)

    assert str(refusal.value).startswith(complaint)


def test_an_unknown_customer_and_an_internal_kind_are_refused(
    database: Any, connection: Any, customer: UUID
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="there is no customer"):
        enqueue(connection, new_id())
    connection.rollback()
    database.announce(definition(audience=Audience.INTERNAL), release="2.0")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="no service has announced"):
        enqueue(connection, customer)


def test_only_roles_that_were_named_may_call_it(
    database: Any, connection: Any, customer: UUID
) -> None:
    role = f"shop_{new_id().hex}"
    database.ask(f"CREATE ROLE {role}")
    try:
        connection.execute(f"SET LOCAL ROLE {role}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            enqueue(connection, customer)
        connection.rollback()
        database.ask(f"GRANT EXECUTE ON FUNCTION warren_enqueue TO {role}")
        connection.execute(f"SET LOCAL ROLE {role}")
        assert enqueue(connection, customer)
        connection.rollback()
    finally:
        database.ask(f"DROP OWNED BY {role}")
        database.ask(f"DROP ROLE {role}")


def test_an_artifact_is_named_by_its_id(database: Any, connection: Any, customer: UUID) -> None:
    artifact = new_id()
    database.ask(
        "INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name)"
        " VALUES (%s, %s, %s, 3, 'text/plain', 'a.txt')",
        artifact,
        customer,
        "0" * 64,
    )
    enqueue(connection, customer, payload=f'{{"text": "see", "enclosure": "{artifact}"}}')
    connection.commit()
    ((payload,),) = database.ask("SELECT payload FROM tasks")
    assert Remind.model_validate(payload).enclosure == ArtifactRef(
        id=artifact, sha256="0" * 64, size=3, media_type="text/plain", name="a.txt"
    )

    with pytest.raises(psycopg.errors.InvalidParameterValue, match=r"payload\.enclosure"):
        enqueue(connection, customer, payload=f'{{"text": "see", "enclosure": "{new_id()}"}}')


@pytest.mark.parametrize("text", ["plain", "", "ü", "a b", "x" * 150, "tab\t", "{x}", "50%"])
@pytest.mark.parametrize("template", ["", "{payload.text}/{payload.urgent}", "{{{user_id}}}-%"])
@pytest.mark.parametrize("group", [None, "chatbot"])
def test_keys_are_those_that_the_gateway_makes(
    connection: Any, customer: UUID, text: str, template: str, group: str | None
) -> None:
    kind = definition(
        rate_limit="1/s",
        rate_group=group,
        limit_key=template,
        concurrency_key=template,
        unique=template,
    )
    caller = {"customer_id": customer, "user_id": "u1"}
    payload = {"text": text, "urgent": True}
    arguments = [
        Jsonb(kind.model_dump(mode="json")),
        customer,
        "u1",
        Jsonb(payload),
    ]
    made = connection.execute(
        "SELECT warren_limit_key(d, c, u, p), warren_unique_key(d, c, u, p)"
        " FROM (VALUES (%s::jsonb, %s::uuid, %s::text, %s::jsonb)) AS v (d, c, u, p)",
        arguments,
    ).fetchone()

    assert made == (str(limit_key_of(kind, caller, payload)), unique_key_of(kind, caller, payload))


def test_the_wrapper_checks_before_it_asks(connection: Any, customer: UUID) -> None:
    with pytest.raises(InvalidJob, match="priority is no option"):
        sql.enqueue(connection, Remind(text="pay"), customer=customer, priority=1)

    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_a_task_of_another_transaction_holds_the_key_until_it_ends(
    database: Any, connection: Any, customer: UUID
) -> None:
    first = enqueue(connection, customer, unique_key="one")

    def second() -> UUID:
        with psycopg.connect(database.url) as other:
            return enqueue(other, customer, unique_key="one")

    with ThreadPoolExecutor(1) as background:
        waiting = background.submit(second)
        eventually(lambda: database.ask("SELECT 1 FROM pg_locks WHERE NOT granted"))
        connection.rollback()

        assert waiting.result(30) != first
