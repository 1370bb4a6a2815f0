"""Entries of a task's history know their order: event streams are resumed by it."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# Whoever writes an entry holds its task's lock, so that of one task's entries the one with the
# higher number was committed later. Entries from before are numbered as they lie in the table.
NUMBERS = """
CREATE SEQUENCE task_history_number;
ALTER TABLE task_history
    ADD COLUMN number bigint NOT NULL DEFAULT nextval('task_history_number');
ALTER SEQUENCE task_history_number OWNED BY task_history.number;
"""


def upgrade() -> None:
    """Add the column. The table is rewritten under a lock: a minute for ten million entries."""
    op.execute(NUMBERS)


def downgrade() -> None:
    """The order within a dispatch is known by `recorded_at` only, again."""
    op.execute("ALTER TABLE task_history DROP COLUMN number")
