"""Who has changed what."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

AUDIT = """
CREATE TABLE audit_entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    -- Whose thing was changed; NULL: the installation's.
    customer_id uuid,
    details jsonb NOT NULL
);

CREATE INDEX audit_entries_at ON audit_entries (at);
CREATE INDEX audit_entries_actor ON audit_entries (actor, id);
CREATE INDEX audit_entries_target ON audit_entries (target, id);
CREATE INDEX audit_entries_customer ON audit_entries (customer_id, id);
"""


def upgrade() -> None:
    """It begins now: of earlier changes nobody knows who made them."""
    op.execute(AUDIT)


def downgrade() -> None:
    """Restore a backup instead: what it tells is told nowhere else."""
    raise RuntimeError("restore a backup instead of downgrading: the audit would be lost")
