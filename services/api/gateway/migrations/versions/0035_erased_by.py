"""By which task a customer is being erased, for whoever would write for it meanwhile."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column without values, at once."""
    op.execute("ALTER TABLE customers ADD COLUMN erased_by uuid")


def downgrade() -> None:
    """Operators write for a customer until its row is gone."""
    op.execute("ALTER TABLE customers DROP COLUMN erased_by")
