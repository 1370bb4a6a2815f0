"""Tasks note in a column of its own that they have ended without success: searches go by it."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# `state` itself is in no index: each step of a task would have to write all of them anew (decision
# 0004). This column changes only where a task ends badly, or starts again after that.
COLUMN = """
ALTER TABLE tasks ADD COLUMN ended_badly text;

CREATE FUNCTION note_bad_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ended_badly := CASE WHEN NEW.state IN ('failed', 'cancelled', 'expired')
        THEN NEW.state END;
    RETURN NEW;
END
$$;

CREATE TRIGGER tasks_bad_ends BEFORE INSERT OR UPDATE OF state ON tasks FOR EACH ROW
WHEN (NEW.ended_badly IS NOT NULL OR NEW.state IN ('failed', 'cancelled', 'expired'))
EXECUTE FUNCTION note_bad_end();
"""


def upgrade() -> None:
    """Add it, at once; earlier ends follow in the next migration."""
    op.execute(COLUMN)


def downgrade() -> None:
    """Forget it."""
    op.execute("DROP TRIGGER tasks_bad_ends ON tasks")
    op.execute("DROP FUNCTION note_bad_end")
    op.execute("ALTER TABLE tasks DROP COLUMN ended_badly")
