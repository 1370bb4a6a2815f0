"""Customers, keys, tasks with history, outbox, custody, kinds, workers, artifacts.

Tasks and their history are partitioned by range of the task's UUIDv7, that is by week of
acceptance: retention drops partitions. Live work stands in `outbox` (to be published) and
`in_flight` (published, not ended); nothing ever scans `tasks` for it.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE customers (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    plan text NOT NULL DEFAULT 'standard' CHECK (plan IN ('standard', 'premium')),
    weight integer NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 1000),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customers (id),
    name text NOT NULL,
    prefix text NOT NULL UNIQUE,
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);

CREATE TABLE job_kinds (
    kind text NOT NULL,
    version integer NOT NULL,
    service text NOT NULL,
    release text NOT NULL,
    definition jsonb NOT NULL,
    announced_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, version)
);

CREATE TABLE workers (
    incarnation text PRIMARY KEY,
    name text NOT NULL,
    service text NOT NULL,
    started_at timestamptz NOT NULL,
    beat_at timestamptz NOT NULL,
    beat jsonb NOT NULL
);

CREATE TABLE tasks (
    id uuid NOT NULL PRIMARY KEY,
    customer_id uuid NOT NULL,
    user_id text,
    actor text NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    queue text NOT NULL,
    lane text NOT NULL,
    payload jsonb NOT NULL,
    metadata jsonb,
    tags text[],
    parent_id uuid,
    traceparent text,
    state text NOT NULL CHECK (state IN ('scheduled', 'pending', 'processing', 'retrying',
        'cancelling', 'succeeded', 'failed', 'cancelled', 'expired')),
    generation integer NOT NULL DEFAULT 1,
    dispatch integer NOT NULL DEFAULT 1,
    rank smallint NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 1,
    max_attempts integer NOT NULL,
    waiting_for text,
    progress smallint NOT NULL DEFAULT 0,
    message text,
    result jsonb,
    error jsonb,
    run_id uuid,
    worker text,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz,
    queued_at timestamptz,
    started_at timestamptz,
    attempt_started_at timestamptz,
    finished_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    processing_seconds double precision NOT NULL DEFAULT 0
) PARTITION BY RANGE (id);

CREATE INDEX tasks_owner ON tasks (customer_id, id DESC);

CREATE TABLE task_history (
    task_id uuid NOT NULL,
    generation integer NOT NULL,
    dispatch integer NOT NULL,
    type text NOT NULL,
    seq integer NOT NULL DEFAULT 0,
    attempt integer NOT NULL,
    run_id uuid,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    data jsonb NOT NULL,
    PRIMARY KEY (task_id, generation, dispatch, type, seq)
) PARTITION BY RANGE (task_id);

CREATE TABLE outbox (
    task_id uuid NOT NULL,
    generation integer NOT NULL,
    dispatch integer NOT NULL,
    attempt integer NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    queue text NOT NULL,
    customer_id uuid NOT NULL,
    available_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task_id, generation, dispatch)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE INDEX outbox_due ON outbox (queue, available_at, task_id);

CREATE TABLE in_flight (
    task_id uuid PRIMARY KEY,
    generation integer NOT NULL,
    dispatch integer NOT NULL,
    queue text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE INDEX in_flight_unstarted ON in_flight (queue) WHERE started_at IS NULL;

CREATE TABLE quarantined_status (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    queue text NOT NULL,
    body bytea NOT NULL,
    error text NOT NULL
);

CREATE TABLE artifacts (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    sha256 text NOT NULL,
    size bigint NOT NULL,
    media_type text NOT NULL,
    name text NOT NULL,
    task_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz
);

CREATE INDEX artifacts_owner ON artifacts (customer_id, id DESC);
CREATE INDEX artifacts_content ON artifacts (sha256);
CREATE INDEX artifacts_task ON artifacts (task_id) WHERE task_id IS NOT NULL;
"""

# A partition holds the ids of one ISO week. The default partition is a safety net that stays
# empty: `ensure_partitions` runs at every migration and, later, daily by the housekeeper.
PARTITIONS = """
CREATE FUNCTION uuid7_floor(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0')
            || repeat('0', 20))::uuid
$$;

CREATE PROCEDURE ensure_partitions(weeks_ahead integer) LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    week timestamptz;
    first_week timestamptz := date_trunc('week', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
                              - interval '1 week';
    partition_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('warren.ensure_partitions'));
    FOREACH parent IN ARRAY ARRAY['tasks', 'task_history'] LOOP
        FOR week IN SELECT generate_series(
            first_week, first_week + make_interval(weeks => weeks_ahead + 1), interval '1 week')
        LOOP
            partition_name := parent || '_' || to_char(week AT TIME ZONE 'UTC', 'YYYYMMDD');
            IF to_regclass(partition_name) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)'
                    ' WITH (fillfactor = %s)',
                    partition_name, parent, uuid7_floor(week),
                    uuid7_floor(week + interval '1 week'),
                    CASE parent WHEN 'tasks' THEN 70 ELSE 100 END);
            END IF;
        END LOOP;
    END LOOP;
END
$$;

CREATE TABLE tasks_default PARTITION OF tasks DEFAULT;
CREATE TABLE task_history_default PARTITION OF task_history DEFAULT;
CALL ensure_partitions(12);
"""


def upgrade() -> None:
    """Create everything; one transaction."""
    op.execute(TABLES)
    op.execute(PARTITIONS)


def downgrade() -> None:
    """There is nothing before the first migration; drop the database instead."""
    raise RuntimeError("drop the database instead of downgrading below the first migration")
