"""Documents and FAQs, and how far a downstream chatbot is in step with them."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SYNCS = """
-- Every change of a customer's documents, or FAQs, takes the next number. Whoever changes any locks
-- this row first.
CREATE TABLE sync_versions (
    customer_id uuid NOT NULL,
    domain text NOT NULL CHECK (domain IN ('documents', 'faqs')),
    last bigint NOT NULL,
    PRIMARY KEY (customer_id, domain)
);

-- One thing that is kept in step: a document, an FAQ, or what is done to many at once.
CREATE TABLE syncs (
    entity_id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    entity text NOT NULL CHECK (
        entity IN ('document', 'document_source', 'documents', 'document_index', 'faq', 'faqs')),
    desired_version bigint NOT NULL,
    synced_version bigint NOT NULL DEFAULT 0,
    -- A tombstone until the deletion is confirmed; then it is only left to be cleaned up.
    deleted boolean NOT NULL DEFAULT false,
    -- The entity whose sync deletes this one as well.
    covered_by uuid,
    -- Whether a call about it may have reached the chatbot.
    reached boolean NOT NULL DEFAULT false,
    -- The sync that was issued last, with its version, and the one that waits for its end.
    task_id uuid,
    task_version bigint,
    next_task_id uuid,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'synced', 'failed')),
    last_error jsonb,
    changed_at timestamptz NOT NULL DEFAULT now(),
    synced_at timestamptz
);

CREATE INDEX syncs_task ON syncs (task_id);
CREATE INDEX syncs_next_task ON syncs (next_task_id) WHERE next_task_id IS NOT NULL;
CREATE INDEX syncs_customer ON syncs (customer_id, entity, entity_id);
CREATE INDEX syncs_covered_by ON syncs (covered_by) WHERE covered_by IS NOT NULL;
CREATE INDEX syncs_unsynced ON syncs (entity, changed_at) WHERE state <> 'synced';
CREATE INDEX syncs_deleted ON syncs (synced_at) WHERE deleted AND state = 'synced';

-- Artifacts that live as long as an entity needs them, whatever becomes of the task.
CREATE TABLE kept_artifacts (
    artifact_id uuid NOT NULL,
    entity_id uuid NOT NULL,
    PRIMARY KEY (artifact_id, entity_id)
);

CREATE INDEX kept_artifacts_entity ON kept_artifacts (entity_id);
"""

DOMAINS = """
CREATE TABLE documents (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    source text NOT NULL,
    -- Whether the chatbot may have it under another source.
    moved boolean NOT NULL DEFAULT false,
    origin text NOT NULL CHECK (origin IN ('text', 'file', 'url')),
    name text NOT NULL,
    url text,
    metadata jsonb NOT NULL,
    media_type text,
    sha256 text,
    original_id uuid,
    text_id uuid,
    characters bigint,
    language text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX documents_customer ON documents (customer_id, id);
CREATE INDEX documents_source ON documents (customer_id, source, id);

CREATE TABLE faqs (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    question text NOT NULL,
    answer text NOT NULL,
    -- SHA-256 of the question without regard to case and spaces: how duplicates are found.
    question_key text NOT NULL,
    files jsonb NOT NULL,
    import_id uuid,
    import_row integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX faqs_customer ON faqs (customer_id, id);
CREATE INDEX faqs_question ON faqs (customer_id, question_key);
CREATE INDEX faqs_import ON faqs (import_id, import_row) WHERE import_id IS NOT NULL;
"""


def upgrade() -> None:
    """Add everything; one transaction."""
    op.execute(SYNCS)
    op.execute(DOMAINS)


def downgrade() -> None:
    """Restore a backup instead: what customers keep here is nowhere else."""
    raise RuntimeError("restore a backup instead of downgrading: documents would be lost")
