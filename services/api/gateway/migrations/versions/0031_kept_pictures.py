"""Pictures that their owners want to keep, and an index by which clean-ups find those of a task."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, at once, and make the index. No picture is recorded meanwhile."""
    op.execute("ALTER TABLE generated_images ADD COLUMN keep boolean NOT NULL DEFAULT false")
    op.execute("CREATE INDEX generated_images_task ON generated_images (task_id)")


def downgrade() -> None:
    """Pictures go by their age alone."""
    op.execute("DROP INDEX generated_images_task")
    op.execute("ALTER TABLE generated_images DROP COLUMN keep")
