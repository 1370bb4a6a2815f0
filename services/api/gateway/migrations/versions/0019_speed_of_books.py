"""Books that were processed are found by their mode, the last ones first."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SPEED = """
CREATE INDEX books_speed ON books ((options ->> 'mode'), id)
    WHERE state = 'processed' AND result ? 'characters_analysed';

-- Written, and never read.
ALTER TABLE books DROP COLUMN cached_at;
"""


def upgrade() -> None:
    """Add the index, drop the column: gateways and recorders of before are ended first."""
    op.execute(SPEED)


def downgrade() -> None:
    """Nobody needs when the copies were made."""
    op.execute("ALTER TABLE books ADD COLUMN cached_at timestamptz")
    op.execute("DROP INDEX books_speed")
