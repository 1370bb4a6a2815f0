"""Pictures that their owners want to keep, and an index by which clean-ups find those of a task."""

from alembic import op

from gateway.index_making import NewIndex, drop_indexes, make_indexes

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

INDEXES = [NewIndex("generated_images_task", "generated_images", "(task_id)")]


def upgrade() -> None:
    """Make the index, while pictures are recorded, and add the column, at once."""
    make_indexes(INDEXES)
    op.execute("ALTER TABLE generated_images ADD COLUMN keep boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    """Pictures go by their age alone."""
    drop_indexes(INDEXES)
    op.execute("ALTER TABLE generated_images DROP COLUMN keep")
