"""Subscriptions to events, as workers announce them; batches of tasks and their members."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SUBSCRIPTIONS = """
CREATE TABLE subscriptions (
    event_type text NOT NULL,
    -- The kind of the subscriber's tasks, in the newest version that was announced with it.
    kind text NOT NULL,
    version integer NOT NULL,
    -- Whether a task's payload is the whole event, or its data only.
    envelope boolean NOT NULL,
    service text NOT NULL,
    -- The highest release that had a say, and when it spoke last; `announced_at` is when any did.
    release text NOT NULL,
    defined_at timestamptz NOT NULL DEFAULT now(),
    announced_at timestamptz NOT NULL DEFAULT now(),
    -- Since when no event becomes a task by it any more, and why.
    retired_at timestamptz,
    retired_because text CHECK (retired_because IN ('withdrawn', 'not_announced')),
    PRIMARY KEY (event_type, kind)
);

CREATE INDEX subscriptions_kind ON subscriptions (kind);
"""

BATCHES = """
-- Beside the task that a batch is; whoever changes one of these rows has locked that task.
CREATE TABLE batches (
    task_id uuid PRIMARY KEY,
    total integer NOT NULL CHECK (total >= 1),
    -- The job that follows the last end (warren.contracts.intake.NewChild); null for none.
    callback jsonb
);

CREATE TABLE batch_members (
    task_id uuid PRIMARY KEY,
    batch_id uuid NOT NULL,
    -- From 0, in the order of the asking.
    position integer NOT NULL,
    -- How it has ended; null while it lives.
    state text CHECK (state IN ('succeeded', 'failed', 'cancelled', 'expired')),
    UNIQUE (batch_id, position)
);
"""


def upgrade() -> None:
    """Add everything; one transaction."""
    op.execute(SUBSCRIPTIONS)
    op.execute(BATCHES)


def downgrade() -> None:
    """Restore a backup instead: batches that live could never end."""
    raise RuntimeError("restore a backup instead of downgrading: batches would be lost")
