"""How soon the hosts of webhooks answer."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

HOSTS = """
CREATE TABLE webhook_hosts (
    customer_id uuid NOT NULL,
    host text NOT NULL,
    is_prompt boolean NOT NULL,
    -- Whether what waits for it takes the places of that pace by now.
    is_settled boolean NOT NULL DEFAULT false,
    noted_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, host)
);

CREATE INDEX webhook_hosts_unsettled ON webhook_hosts (noted_at) WHERE NOT is_settled;
"""


def upgrade() -> None:
    """Nothing is known of any: their next messages share a few places."""
    op.execute(HOSTS)


def downgrade() -> None:
    """Each host has places of its own again, also one that is dead."""
    op.execute("DROP TABLE webhook_hosts")
