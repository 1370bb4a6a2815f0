"""Which batches live."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LIVING_BATCHES = """
-- Unfinished tasks are found by their rows in outbox and in_flight, batches by this.
ALTER TABLE batches ADD COLUMN ended_at timestamptz;
UPDATE batches b SET ended_at = coalesce(t.finished_at, now())
FROM tasks t WHERE t.id = b.task_id AND t.state IN ('succeeded', 'failed', 'cancelled', 'expired');
CREATE INDEX batches_living ON batches (task_id) WHERE ended_at IS NULL;
"""


def upgrade() -> None:
    """Add the column, and what it says of the batches that there are."""
    op.execute(LIVING_BATCHES)


def downgrade() -> None:
    """Forget which batches live; the tasks that they are know it."""
    op.execute("ALTER TABLE batches DROP COLUMN ended_at")
