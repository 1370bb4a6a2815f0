"""What a key has used of a quota drains all the time, not at once where a window ends."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# Small: two rows for a key that has asked for something these days. What was used in the window
# that goes on drains from its beginning.
DRAINING = """
ALTER TABLE key_usage RENAME COLUMN window_start TO counted_at;
ALTER TABLE key_usage ALTER COLUMN used TYPE double precision;
"""
WINDOWS = """
ALTER TABLE key_usage ALTER COLUMN used TYPE bigint;
ALTER TABLE key_usage RENAME COLUMN counted_at TO window_start;
"""


def upgrade() -> None:
    """Gateways of the release before count nothing from now on, until they are replaced."""
    op.execute(DRAINING)


def downgrade() -> None:
    """Windows begin with each minute, and day."""
    op.execute(WINDOWS)
