"""How many tasks a bulk action has left out, as their customers were being erased."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column with one value for all rows, at once."""
    op.execute("ALTER TABLE bulk_actions ADD COLUMN being_erased integer NOT NULL DEFAULT 0")


def downgrade() -> None:
    """Nobody tells any more what was left out."""
    op.execute("ALTER TABLE bulk_actions DROP COLUMN being_erased")
