"""Which batches nobody waits for any more: the tasks that did have failed, or expired."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

LEFT = """
ALTER TABLE awaited_batches ADD COLUMN left_at timestamptz;

CREATE INDEX awaited_batches_left ON awaited_batches (left_at) WHERE left_at IS NOT NULL;
"""


def upgrade() -> None:
    """Batches that were left before go on to their end."""
    op.execute(LEFT)


def downgrade() -> None:
    """They do again."""
    op.execute("DELETE FROM awaited_batches WHERE left_at IS NOT NULL")
    op.execute("ALTER TABLE awaited_batches DROP COLUMN left_at")
