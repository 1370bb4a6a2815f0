"""Subscriptions to events, as workers announce them."""

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


def upgrade() -> None:
    """Add everything; one transaction."""
    op.execute(SUBSCRIPTIONS)


def downgrade() -> None:
    """Take it away; workers announce their subscriptions again."""
    op.execute("DROP TABLE subscriptions")
