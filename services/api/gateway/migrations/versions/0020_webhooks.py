"""Webhooks: endpoints, what they are signed by, and what is delivered to them."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

WEBHOOKS = """
CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    description text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    enabled_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    disabled_because text,
    -- To within some seconds.
    last_success_at timestamptz
);

CREATE INDEX webhook_endpoints_customer ON webhook_endpoints (customer_id, id);

CREATE TABLE webhook_secrets (
    -- An endpoint, or a customer: for URLs of single tasks.
    owner_id uuid PRIMARY KEY,
    sealed text NOT NULL,
    previous text,
    previous_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE webhook_deliveries (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The task that delivers.
    id uuid NOT NULL UNIQUE,
    customer_id uuid NOT NULL,
    -- NULL: the URL of a single task.
    endpoint_id uuid,
    message_id text NOT NULL,
    type text NOT NULL,
    -- The task that the message is about.
    task_id uuid,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX webhook_deliveries_customer ON webhook_deliveries (customer_id, number);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, number);
CREATE INDEX webhook_deliveries_task ON webhook_deliveries (task_id);

-- {url, events}: where its owner wants to be told of this one task.
ALTER TABLE tasks ADD COLUMN webhook jsonb;
"""


def upgrade() -> None:
    """Add everything; one transaction."""
    op.execute(WEBHOOKS)


def downgrade() -> None:
    """Restore a backup instead: nobody could make the same secrets again."""
    raise RuntimeError("restore a backup instead of downgrading: webhooks would be lost")
