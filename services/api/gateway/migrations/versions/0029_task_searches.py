"""Indexes by which tasks are found by kind, user or parent, and by an end that was no success.

Nothing in them changes while a task goes its way to a success: its row is updated in place.
"""

from gateway.index_making import NewIndex, drop_indexes, make_indexes

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_BAD = "WHERE ended_badly IS NOT NULL"
INDEXES = [
    NewIndex("tasks_kind", "tasks", "(kind, id)"),
    NewIndex("tasks_owner_kind", "tasks", "(customer_id, kind, id)"),
    NewIndex("tasks_user", "tasks", "(user_id, id) WHERE user_id IS NOT NULL"),
    NewIndex("tasks_parent", "tasks", "(parent_id, id) WHERE parent_id IS NOT NULL"),
    NewIndex("tasks_bad", "tasks", f"(ended_badly, id) {_BAD}"),
    NewIndex("tasks_kind_bad", "tasks", f"(kind, ended_badly, id) {_BAD}"),
    NewIndex("tasks_owner_bad", "tasks", f"(customer_id, ended_badly, id) {_BAD}"),
]


def upgrade() -> None:
    """Make them while others are accepted and run: minutes for ten million tasks."""
    make_indexes(INDEXES)


def downgrade() -> None:
    """Lists of tasks look at every row again."""
    drop_indexes(INDEXES)
