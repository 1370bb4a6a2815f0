"""What an API key may ask for, and what it has asked for."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

LIMITS = """
-- NULL: as the plan of its customer says.
ALTER TABLE api_keys ADD COLUMN requests_per_minute integer CHECK (requests_per_minute > 0);
ALTER TABLE api_keys ADD COLUMN tasks_per_day integer CHECK (tasks_per_day > 0);

CREATE TABLE key_usage (
    key_id uuid NOT NULL,
    policy text NOT NULL,
    window_start timestamptz NOT NULL,
    -- What gateways have leased in this window, and the last of them.
    used bigint NOT NULL,
    granted bigint NOT NULL,
    PRIMARY KEY (key_id, policy)
);
"""


def upgrade() -> None:
    """No key has limits of its own at first."""
    op.execute(LIMITS)


def downgrade() -> None:
    """Keys lose the limits of their own."""
    op.execute("DROP TABLE key_usage")
    op.execute("ALTER TABLE api_keys DROP COLUMN requests_per_minute, DROP COLUMN tasks_per_day")
