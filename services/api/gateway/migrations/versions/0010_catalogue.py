"""Catalogues: what customers want to be found, in which version, and how far the index is."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CATALOGUE = """
-- Every accepted write of a customer gets the next number; whoever takes one holds this row.
CREATE TABLE catalogue_versions (
    customer_id uuid PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    last_version bigint NOT NULL CHECK (last_version >= 1)
);

CREATE TABLE catalogue_items (
    customer_id uuid NOT NULL,
    entity_kind text COLLATE "C" NOT NULL
        CHECK (entity_kind IN ('product', 'service', 'accessory')),
    id text COLLATE "C" NOT NULL,
    -- The desired state: what was accepted last. A deleted item has no content.
    version bigint NOT NULL,
    deleted boolean NOT NULL,
    content_hash text,
    item jsonb,
    with_embedding boolean NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    task_id uuid NOT NULL,
    -- How far the index is: it moves only forward within one index.
    indexed_version bigint NOT NULL DEFAULT 0,
    indexed_at timestamptz,
    index_name text,
    last_error jsonb,
    PRIMARY KEY (customer_id, entity_kind, id),
    CHECK (deleted = (item IS NULL)),
    CHECK (deleted = (content_hash IS NULL))
);

-- The lines of a bulk have consecutive versions, by which their rows are found again.
CREATE UNIQUE INDEX catalogue_items_version ON catalogue_items (customer_id, version);

CREATE INDEX catalogue_items_unsynced ON catalogue_items (changed_at)
    WHERE indexed_version < version;

CREATE INDEX catalogue_items_deleted ON catalogue_items (changed_at) WHERE deleted;

-- What a customer has of a kind at or below its floor is gone.
CREATE TABLE catalogue_floors (
    customer_id uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    entity_kind text COLLATE "C" NOT NULL
        CHECK (entity_kind IN ('product', 'service', 'accessory')),
    floor bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    task_id uuid NOT NULL,
    indexed_floor bigint NOT NULL DEFAULT 0,
    last_error jsonb,
    PRIMARY KEY (customer_id, entity_kind)
);
"""


def upgrade() -> None:
    """Add everything; one transaction."""
    op.execute(CATALOGUE)


def downgrade() -> None:
    """Restore a backup instead: the catalogues have no other home."""
    raise RuntimeError("restore a backup instead of downgrading: catalogues would be lost")
