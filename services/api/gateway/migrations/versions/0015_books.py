"""Books, their chapters and descriptions."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BOOKS = """
CREATE TABLE books (
    id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    user_id text,
    title text,
    author text,
    language text,
    format text NOT NULL CHECK (format IN ('epub', 'fb2', 'text')),
    file_name text NOT NULL,
    file_id uuid NOT NULL,
    -- What the upload said: mode, genre, processor, illustrate, locations_count.
    options jsonb NOT NULL,
    state text NOT NULL CHECK (
        state IN ('planning', 'planned', 'processing', 'processed', 'failed', 'cancelled')),
    -- The task that plans or processes it, or did so last.
    task_id uuid NOT NULL,
    error jsonb,
    repairs jsonb NOT NULL DEFAULT '[]',
    total_chapters integer NOT NULL DEFAULT 0,
    words bigint NOT NULL DEFAULT 0,
    characters bigint NOT NULL DEFAULT 0,
    descriptions_found integer NOT NULL DEFAULT 0,
    result jsonb,
    descriptions_id uuid,
    locations_id uuid,
    locations_count integer NOT NULL DEFAULT 0,
    cache_id uuid,
    cache jsonb,
    cached_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz
);

CREATE INDEX books_customer ON books (customer_id, id);
CREATE INDEX books_task ON books (task_id);

CREATE TABLE book_chapters (
    book_id uuid NOT NULL REFERENCES books (id) ON DELETE CASCADE,
    number integer NOT NULL,
    title text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('body', 'front_matter', 'notes', 'index')),
    level integer NOT NULL,
    words integer NOT NULL,
    characters integer NOT NULL,
    cfi text,
    text_id uuid NOT NULL,
    -- Whether it is to be analysed: a body, unless the plan was edited.
    included boolean NOT NULL,
    descriptions_found integer NOT NULL DEFAULT 0,
    PRIMARY KEY (book_id, number)
);

CREATE TABLE book_descriptions (
    id uuid PRIMARY KEY,
    book_id uuid NOT NULL REFERENCES books (id) ON DELETE CASCADE,
    customer_id uuid NOT NULL,
    chapter integer NOT NULL,
    first_character integer NOT NULL,
    last_character integer NOT NULL,
    cfi text,
    type text NOT NULL,
    text text NOT NULL,
    score double precision NOT NULL,
    confidence double precision NOT NULL,
    voters text[] NOT NULL,
    -- score_parts, context_before, context_after, mentions.
    details jsonb NOT NULL
);

CREATE INDEX book_descriptions_place ON book_descriptions (book_id, chapter, first_character, id);
CREATE INDEX book_descriptions_score ON book_descriptions (book_id, score DESC, id);
"""


def upgrade() -> None:
    """Add everything; one transaction."""
    op.execute(BOOKS)


def downgrade() -> None:
    """Restore a backup instead: what customers keep here is nowhere else."""
    raise RuntimeError("restore a backup instead of downgrading: books would be lost")
