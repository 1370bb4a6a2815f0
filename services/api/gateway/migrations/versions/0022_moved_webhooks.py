"""When an endpoint got another address: what was answered at the one before says nothing of it."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """NULL: it is where it was made; that of earlier moves is not known."""
    op.execute("ALTER TABLE webhook_endpoints ADD COLUMN moved_at timestamptz")


def downgrade() -> None:
    """An answer of an earlier address disables endpoints again."""
    op.execute("ALTER TABLE webhook_endpoints DROP COLUMN moved_at")
