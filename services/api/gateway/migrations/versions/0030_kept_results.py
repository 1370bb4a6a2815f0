"""Results that their owners want to have longer than their kind keeps them."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, at once."""
    op.execute("ALTER TABLE tasks ADD COLUMN result_kept_until timestamptz")


def downgrade() -> None:
    """What was to be kept longer is kept as long as its kind says."""
    op.execute("ALTER TABLE tasks DROP COLUMN result_kept_until")
