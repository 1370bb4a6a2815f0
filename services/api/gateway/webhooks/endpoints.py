"""Making, changing and reading endpoints; everything is within the caller's transaction."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller
from gateway.customers.holding import hold_key
from gateway.webhooks.alerting import ALERT
from gateway.webhooks.delivery import host_of
from gateway.webhooks.problems import TooManyWebhooks, WebhookNotFound
from gateway.webhooks.schemas import WebhookBody, WebhookChange
from gateway.webhooks.secrets import NewSecret, forget_secret, hold_secret, put_secret

MOST = 20
Row = dict[str, Any]
# Whoever else makes one of this customer's waits, and then counts this one, too.
_LOCK_CUSTOMER: LiteralString = "SELECT FROM customers WHERE id = %(customer)s FOR NO KEY UPDATE"
_COUNT: LiteralString = """
SELECT count(*) FROM webhook_endpoints WHERE customer_id = %(customer)s
"""
_INSERT: LiteralString = """
INSERT INTO webhook_endpoints (id, customer_id, url, events, description)
VALUES (%(id)s, %(customer)s, %(url)s, %(events)s, %(description)s)
"""
_ONE: LiteralString = """
SELECT * FROM webhook_endpoints WHERE id = %(id)s AND customer_id = %(customer)s
"""
_PAGE: LiteralString = """
SELECT * FROM webhook_endpoints WHERE customer_id = %(customer)s AND id > %(after)s
ORDER BY id LIMIT %(limit)s
"""
_CHANGE: LiteralString = """
UPDATE webhook_endpoints SET url = coalesce(%(url)s, url), events = coalesce(%(events)s, events),
    description = coalesce(%(description)s, description), updated_at = now(),
    moved_at = CASE WHEN %(url)s::text <> url THEN now() ELSE moved_at END,
    enabled_at = CASE WHEN %(enabled)s AND disabled_at IS NOT NULL THEN now() ELSE enabled_at END,
    disabled_at = CASE WHEN %(enabled)s THEN NULL
        WHEN NOT %(enabled)s THEN coalesce(disabled_at, now()) ELSE disabled_at END,
    disabled_because = CASE WHEN %(enabled)s THEN NULL
        WHEN NOT %(enabled)s THEN coalesce(disabled_because, 'you have disabled it')
        ELSE disabled_because END
WHERE id = %(id)s AND customer_id = %(customer)s
"""
_DELETE: LiteralString = """
DELETE FROM webhook_endpoints WHERE id = %(id)s AND customer_id = %(customer)s
"""
_OVER: LiteralString = """
UPDATE alerts SET cleared_at = now() WHERE name = %s AND subject = %s AND cleared_at IS NULL
"""


def create_endpoint(
    connection: Connection[Any], caller: Caller, endpoint_id: UUID, new: WebhookBody
) -> tuple[Row, NewSecret]:
    """Make an endpoint; raises TooManyWebhooks, SecretsNotTaken."""
    customer_id = caller.customer_id
    values = {"id": endpoint_id, "customer": customer_id, **new.model_dump()}
    hold_key(connection, caller)
    connection.execute(_LOCK_CUSTOMER, values)
    ((count,),) = connection.execute(_COUNT, values).fetchall()
    if count >= MOST:
        raise TooManyWebhooks(f"you have {MOST} webhooks; delete one that you do not need")
    connection.execute(_INSERT, values)
    secret = put_secret(connection, endpoint_id, overlap=0)
    details = {"host": host_of(new.url), "events": new.events}
    _changed(caller, Action.WEBHOOK_CREATED, endpoint_id, details).record(connection)
    return find_endpoint(connection, customer_id, endpoint_id), secret


def find_endpoint(connection: Connection[Any], customer_id: UUID, endpoint_id: UUID) -> Row:
    """The customer's endpoint; raises WebhookNotFound."""
    values = {"id": endpoint_id, "customer": customer_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_ONE, values).fetchone()
    if row is None:
        raise WebhookNotFound(f"there is no webhook {endpoint_id}")
    return row


def page_of_endpoints(
    connection: Connection[Any], customer_id: UUID, after: UUID, limit: int
) -> Sequence[Row]:
    """At most `limit` of the customer's endpoints with ids above `after`, oldest first."""
    values = {"customer": customer_id, "after": after, "limit": limit}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_PAGE, values).fetchall()


def change_endpoint(
    connection: Connection[Any], caller: Caller, endpoint_id: UUID, change: WebhookChange
) -> Row:
    """Change what is given; raises WebhookNotFound.

    After a commit of a new address `refresh_live` has it hold for what waits, too.
    """
    customer_id = caller.customer_id
    values = {"id": endpoint_id, "customer": customer_id, **change.model_dump()}
    if change.url is not None:
        hold_secret(connection, endpoint_id)
    if connection.execute(_CHANGE, values).rowcount == 0:
        raise WebhookNotFound(f"there is no webhook {endpoint_id}")
    if change.enabled:
        connection.execute(_OVER, [ALERT, str(endpoint_id)])
    details = _told(change)
    _changed(caller, Action.WEBHOOK_CHANGED, endpoint_id, details).record(connection)
    return find_endpoint(connection, customer_id, endpoint_id)


def delete_endpoint(connection: Connection[Any], caller: Caller, endpoint_id: UUID) -> None:
    """Forget it and its secret; raises WebhookNotFound."""
    values = {"id": endpoint_id, "customer": caller.customer_id}
    find_endpoint(connection, caller.customer_id, endpoint_id)
    forget_secret(connection, endpoint_id)
    connection.execute(_DELETE, values)
    connection.execute(_OVER, [ALERT, str(endpoint_id)])
    _changed(caller, Action.WEBHOOK_DELETED, endpoint_id).record(connection)


def _changed(
    caller: Caller, action: Action, endpoint_id: UUID, details: Row | None = None
) -> Change:
    return Change(caller.actor, action, str(endpoint_id), caller.customer_id, details or {})


def _told(change: WebhookChange) -> Row:
    """Of an address no more than its host: the rest may hold a token."""
    given = change.model_dump(exclude_none=True, exclude={"url", "description"})
    return given | ({"host": host_of(change.url)} if change.url is not None else {})
