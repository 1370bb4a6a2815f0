"""Tasks that ended without success before 0027 note it, too."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Look through all tasks: a minute for ten million, while others are accepted and run."""
    op.execute(
        "UPDATE tasks SET ended_badly = state WHERE state IN ('failed', 'cancelled', 'expired')"
    )


def downgrade() -> None:
    """The column goes with the migration before."""
