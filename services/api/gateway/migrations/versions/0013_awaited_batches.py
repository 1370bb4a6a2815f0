"""Which tasks wait for which batches of theirs."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

AWAITED = """
-- Tasks that wait for the end of a batch of theirs.
CREATE TABLE awaited_batches (
    batch_id uuid PRIMARY KEY,
    task_id uuid NOT NULL
);

CREATE INDEX awaited_batches_task ON awaited_batches (task_id);
"""


def upgrade() -> None:
    """Add the table."""
    op.execute(AWAITED)


def downgrade() -> None:
    """Tasks that wait look again by themselves after a while."""
    op.execute("DROP TABLE awaited_batches")
