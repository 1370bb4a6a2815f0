"""Tasks that ended without success before 0027 note it, too."""

from alembic import op
from sqlalchemy import text

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


# In the order of everybody, ten thousand in a transaction: nobody waits long for one of them.
WINDOW = text("""
WITH next AS (
    SELECT id FROM tasks WHERE id > :after AND ended_badly IS NULL
        AND state IN ('failed', 'cancelled', 'expired')
    ORDER BY id LIMIT 10000 FOR NO KEY UPDATE
), changed AS (
    UPDATE tasks SET ended_badly = state FROM next WHERE tasks.id = next.id AND tasks.id > :after
)
SELECT id FROM next ORDER BY id DESC LIMIT 1
""")


def upgrade() -> None:
    """Look through all tasks: a minute for ten million, while others are accepted and run."""
    after = "00000000-0000-0000-0000-000000000000"
    with op.get_context().autocommit_block():
        while row := op.get_bind().execute(WINDOW, {"after": after}).first():
            after = row.id


def downgrade() -> None:
    """The column goes with the migration before."""
