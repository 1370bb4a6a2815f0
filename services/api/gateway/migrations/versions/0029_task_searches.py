"""Indexes by which tasks are found by kind, user or parent, and by an end that was no success.

Nothing in them changes while a task goes its way to a success: its row is updated in place.
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

INDEXES = """
CREATE INDEX tasks_kind ON tasks (kind, id);
CREATE INDEX tasks_owner_kind ON tasks (customer_id, kind, id);
CREATE INDEX tasks_user ON tasks (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX tasks_parent ON tasks (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX tasks_bad ON tasks (ended_badly, id) WHERE ended_badly IS NOT NULL;
CREATE INDEX tasks_kind_bad ON tasks (kind, ended_badly, id) WHERE ended_badly IS NOT NULL;
CREATE INDEX tasks_owner_bad ON tasks (customer_id, ended_badly, id)
    WHERE ended_badly IS NOT NULL;
"""


def upgrade() -> None:
    """Make them. No task is written meanwhile: a minute for ten million."""
    op.execute(INDEXES)


def downgrade() -> None:
    """Lists of tasks look at every row again."""
    op.execute(
        "DROP INDEX tasks_owner_bad, tasks_kind_bad, tasks_bad, tasks_parent, tasks_user,"
        " tasks_owner_kind, tasks_kind"
    )
