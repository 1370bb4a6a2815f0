"""Pictures know their masks, so that they are deleted together."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# What results that are still there say of pictures that were made before.
MASKS = """
ALTER TABLE generated_images ADD COLUMN mask_id uuid;

UPDATE generated_images g SET mask_id = (t.result ->> 'mask_id')::uuid
FROM tasks t WHERE t.id = g.task_id AND g.kind = 'image.remove_background'
    AND t.result ->> 'mask_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
"""


def upgrade() -> None:
    """Add the column; rows of pictures without a background are filled in."""
    op.execute(MASKS)


def downgrade() -> None:
    """Masks stay where they are, until they are old."""
    op.execute("ALTER TABLE generated_images DROP COLUMN mask_id")
