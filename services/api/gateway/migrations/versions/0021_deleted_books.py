"""Which books were deleted, for as long as a task of theirs may still make something."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

DELETED = """
CREATE TABLE deleted_books (
    id uuid PRIMARY KEY,
    deleted_at timestamptz NOT NULL DEFAULT now()
);
"""


def upgrade() -> None:
    """Those that were deleted before are not known."""
    op.execute(DELETED)


def downgrade() -> None:
    """What their tasks make is listed again."""
    op.execute("DROP TABLE deleted_books")
