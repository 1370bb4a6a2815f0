"""Items know why they have no vector: the same content sent again is then no repetition."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

VECTOR_ERROR = "ALTER TABLE catalogue_items ADD COLUMN vector_error jsonb"


def upgrade() -> None:
    """Add the column; no row is rewritten."""
    op.execute(VECTOR_ERROR)


def downgrade() -> None:
    """Nothing else reads it."""
    op.execute("ALTER TABLE catalogue_items DROP COLUMN vector_error")
