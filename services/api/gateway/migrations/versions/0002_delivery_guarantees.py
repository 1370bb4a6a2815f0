"""What retries, dead letters, cancellation, limits and control keep.

All of it stands beside `tasks`: small tables that hold live work or exceptions.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DEAD_LETTERS = """
CREATE TABLE dead_letters (
    id uuid PRIMARY KEY,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL CHECK (source IN ('exhausted', 'permanent', 'crashed', 'lost',
        'delivery_limit', 'undecodable', 'unknown_kind')),
    -- The columns of the task are null where the message names none.
    task_id uuid,
    generation integer,
    dispatch integer,
    customer_id uuid,
    kind text,
    version integer,
    queue text NOT NULL,
    attempts integer,
    error jsonb NOT NULL,
    -- What groups letters: error type and text without what differs from task to task.
    cause text NOT NULL,
    message bytea NOT NULL,
    message_sha256 bytea NOT NULL,
    x_death jsonb,
    resolution text CHECK (resolution IN ('replayed', 'discarded')),
    resolved_at timestamptz,
    resolved_by text,
    resolution_reason text
);

CREATE UNIQUE INDEX dead_letters_once ON dead_letters (task_id, generation, dispatch, source)
    WHERE task_id IS NOT NULL;
CREATE UNIQUE INDEX dead_letters_foreign ON dead_letters (message_sha256, source)
    WHERE task_id IS NULL;
CREATE INDEX dead_letters_open ON dead_letters (id) WHERE resolution IS NULL;
"""

ONCE = """
CREATE TABLE idempotency_keys (
    customer_id uuid NOT NULL,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,
    -- The id of what the request makes, so that a request asked again makes the same thing.
    made_id uuid NOT NULL,
    status integer,
    headers jsonb,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, key)
);

CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE unique_keys (
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    task_id uuid NOT NULL,
    PRIMARY KEY (customer_id, kind, key)
);

CREATE INDEX unique_keys_task ON unique_keys (task_id);

ALTER TABLE tasks ADD COLUMN unique_key text;
"""

# Messages of the gateway that are no jobs: cancellations, worker stops, events. The relay moves
# them to the broker as it does with jobs.
PUBLICATIONS = """
CREATE TABLE publications (
    id uuid PRIMARY KEY,
    exchange text NOT NULL DEFAULT '',
    routing_key text NOT NULL,
    body bytea NOT NULL,
    mandatory boolean NOT NULL DEFAULT true,
    available_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX publications_due ON publications (available_at, id);

ALTER TABLE tasks ADD COLUMN cancel_requested_at timestamptz;
ALTER TABLE tasks ADD COLUMN cancel_requested_by text;

-- Committed before a batch of jobs is published, and deleted by the transaction that settles it.
-- What is left over belongs to a batch whose end nobody knows: its rows still stand in the outbox,
-- and may be in the broker too (gateway/relaying/intents.py).
CREATE TABLE publish_intents (
    id uuid PRIMARY KEY,
    task_ids uuid[] NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now()
);
"""

LIMITS = """
CREATE TABLE queue_controls (
    queue text PRIMARY KEY,
    paused_at timestamptz,
    paused_by text
);

-- A token bucket per kind and key: `tokens` at `refilled_at`, on the database's clock, while
-- `unstarted` messages of it were in the broker (gateway/limits/bucket.py).
CREATE TABLE rate_limits (
    bucket text COLLATE "C" PRIMARY KEY,
    tokens double precision NOT NULL,
    refilled_at timestamptz NOT NULL,
    unstarted integer NOT NULL,
    full_at timestamptz NOT NULL
);

CREATE INDEX rate_limits_full ON rate_limits (full_at);

-- Which limits a task falls under (gateway/limits/limit_key.py); '' for none. A live task's place
-- in `in_flight` is what counts against its concurrency.
ALTER TABLE tasks ADD COLUMN limit_key text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN limit_key text COLLATE "C" NOT NULL;
ALTER TABLE in_flight ADD COLUMN limit_key text COLLATE "C" NOT NULL DEFAULT '';
-- Since when the message has stood at the end of its queue again, put there by a worker.
ALTER TABLE in_flight ADD COLUMN handed_back_at timestamptz;

-- Rows of one caller and one limit stand together, so that the relay steps over a blocked million
-- of them in one descent.
CREATE INDEX outbox_fair ON outbox (queue, customer_id, limit_key, available_at, task_id);
CREATE INDEX in_flight_rate ON in_flight (split_part(limit_key, E'\\x1f', 1))
    WHERE started_at IS NULL AND limit_key <> '';
CREATE INDEX in_flight_concurrency ON in_flight (split_part(limit_key, E'\\x1f', 2))
    WHERE limit_key <> '';

-- Tasks that must start by a time end on time, also where no relay looks: in a paused queue, or
-- behind a limit.
ALTER TABLE outbox ADD COLUMN expires_at timestamptz;
CREATE INDEX outbox_expiry ON outbox (expires_at) WHERE expires_at IS NOT NULL;

-- Whoever issues a task again need not know of limits: its row gets the task's own.
CREATE FUNCTION outbox_limit_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT limit_key, expires_at INTO NEW.limit_key, NEW.expires_at
    FROM tasks WHERE id = NEW.task_id;
    NEW.limit_key := coalesce(NEW.limit_key, '');
    RETURN NEW;
END
$$;

CREATE TRIGGER outbox_limit_key BEFORE INSERT ON outbox FOR EACH ROW
    WHEN (NEW.limit_key IS NULL) EXECUTE FUNCTION outbox_limit_key();

-- How many tasks may wait to be published; null: as many as the gateway's setting says.
ALTER TABLE customers ADD COLUMN waiting_limit integer CHECK (waiting_limit >= 1);
"""

CONTROL = """
CREATE TABLE alerts (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    subject text NOT NULL,
    message text NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT now(),
    cleared_at timestamptz
);

CREATE UNIQUE INDEX alerts_open ON alerts (name, subject) WHERE cleared_at IS NULL;

-- How far a bulk action on tasks has come; moves in the transactions that do its work, so that
-- whoever goes on with it after a crash does nothing twice.
CREATE TABLE bulk_actions (
    task_id uuid PRIMARY KEY,
    position uuid NOT NULL,
    changed integer NOT NULL DEFAULT 0,
    total integer,
    is_finished boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX bulk_actions_age ON bulk_actions (updated_at);

ALTER TABLE workers ADD COLUMN lost_at timestamptz;
"""


def upgrade() -> None:
    """Add everything; one transaction."""
    for statements in (DEAD_LETTERS, ONCE, PUBLICATIONS, LIMITS, CONTROL):
        op.execute(statements)


def downgrade() -> None:
    """Restore a backup instead: what these tables hold cannot be kept elsewhere."""
    raise RuntimeError("restore a backup instead of downgrading: dead letters would be lost")
