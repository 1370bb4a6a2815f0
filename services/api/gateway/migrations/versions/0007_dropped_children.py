"""Which cancellations have cost a task its children."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DROPPED_CHILDREN = """
-- Whether something that this generation asked for was dropped because it is being cancelled: then
-- it cannot succeed any more.
ALTER TABLE tasks ADD COLUMN children_dropped boolean NOT NULL DEFAULT false;
"""


def upgrade() -> None:
    """Add the column; no row is written."""
    op.execute(DROPPED_CHILDREN)


def downgrade() -> None:
    """Restore a backup instead: tasks would succeed without what they asked for."""
