"""What cleaning up and measuring keep."""

from alembic import op

from gateway.index_making import NewIndex, make_indexes

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Ids of tasks that still have payload, result and traceback. Set once, long after a task has ended:
# the updates of a task's life stay heap-only, and the index grows at its right edge only.
CLEANED = "ALTER TABLE tasks ADD COLUMN IF NOT EXISTS cleaned_at timestamptz"
INDEXES = [
    NewIndex("tasks_uncleaned", "tasks", "(id) WHERE cleaned_at IS NULL"),
    NewIndex("artifacts_expiry", "artifacts", "(expires_at) WHERE expires_at IS NOT NULL"),
]
CLEANING = """
-- Content that lost a row of `artifacts`, or never had one. Noted in the transaction that deletes
-- the row, so that a clean-up that is killed is finished by the next. Once nothing refers to it, it
-- goes to the store's trash, and days later from there.
CREATE TABLE discarded_contents (
    sha256 text PRIMARY KEY,
    noted_at timestamptz NOT NULL DEFAULT now(),
    trashed_at timestamptz
);
"""

STATISTICS = """
-- What was measured: `series` says what `data` holds (system, queues, health).
CREATE TABLE statistics (
    series text NOT NULL,
    at timestamptz NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (series, at)
);

CREATE INDEX statistics_age ON statistics (at);
"""


def upgrade() -> None:
    """Add the column, at once, make the indexes while others write, and add the rest."""
    op.execute(CLEANED)
    make_indexes(INDEXES)
    op.execute(CLEANING)
    op.execute(STATISTICS)


def downgrade() -> None:
    """Drop what was measured and noted; content in the trash stays until somebody deletes it."""
    op.execute("DROP TABLE statistics; DROP TABLE discarded_contents; DROP INDEX artifacts_expiry")
    op.execute("ALTER TABLE tasks DROP COLUMN cleaned_at")
