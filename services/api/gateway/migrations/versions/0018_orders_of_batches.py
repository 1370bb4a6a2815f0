"""Orders of pictures know the batch that they wait for: they count until it has ended."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; orders of before count for a minute, as they did."""
    op.execute("ALTER TABLE image_orders ADD COLUMN batch_id uuid")


def downgrade() -> None:
    """What follows a batch counts for a minute, and then when its task is made."""
    op.execute("ALTER TABLE image_orders DROP COLUMN batch_id")
