"""Schedules, announced by workers or made by customers, and what they have fired."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEDULES = """
CREATE TABLE schedules (
    id uuid PRIMARY KEY,
    -- Of an announced schedule: the system's own (gateway/customers/system.py).
    customer_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    -- What a submission would say around `kind`: payload, lane, user_id, metadata, tags.
    submission jsonb NOT NULL,
    cron text NOT NULL,
    timezone text NOT NULL,
    missed text NOT NULL CHECK (missed IN ('coalesce', 'catch_up')),
    jitter_seconds double precision NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    -- Made by an operator's key, and may therefore use what exists for operators only.
    as_operator boolean NOT NULL DEFAULT false,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- Grows with every change of what is fired: who prepared a task by an earlier one begins anew.
    revision integer NOT NULL DEFAULT 1,
    -- The due time that comes next, and when it is to be fired (later by jitter, or by a refusal).
    next_due_at timestamptz NOT NULL,
    fire_at timestamptz NOT NULL,
    last_due_at timestamptz,
    last_fired_at timestamptz,
    last_task_id uuid,
    -- Why the due time that is next could not be fired.
    refusal text,
    -- Of announced schedules only: the highest release that told of the kind, when it did so
    -- last, when any release did, and since when nobody wants the schedule any more.
    service text,
    release text,
    defined_at timestamptz,
    announced_at timestamptz,
    retired_at timestamptz,
    retired_because text CHECK (retired_because IN ('withdrawn', 'not_announced')),
    UNIQUE (customer_id, name)
);

CREATE INDEX schedules_next ON schedules (fire_at) WHERE enabled AND retired_at IS NULL;

CREATE TABLE schedule_fires (
    schedule_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    task_id uuid NOT NULL UNIQUE,
    fired_at timestamptz NOT NULL DEFAULT now(),
    -- Due times before this one that it stands for as well.
    coalesced integer NOT NULL DEFAULT 0,
    PRIMARY KEY (schedule_id, due_at)
);

CREATE INDEX schedule_fires_age ON schedule_fires (fired_at);
"""


def upgrade() -> None:
    """Add both tables; one transaction."""
    op.execute(SCHEDULES)


def downgrade() -> None:
    """Drop both tables: what schedules have fired are tasks like any other."""
    op.execute("DROP TABLE schedule_fires; DROP TABLE schedules")
