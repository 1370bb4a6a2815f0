"""Pictures that tasks have made, and how many a user has asked for."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

IMAGES = """
-- A picture's id is its artifact's: the file lives in `artifacts`, and ages there.
CREATE TABLE generated_images (
    id uuid PRIMARY KEY,
    thumbnail_id uuid,
    customer_id uuid NOT NULL,
    user_id text,
    task_id uuid NOT NULL,
    kind text NOT NULL,
    book_id uuid,
    description_id uuid,
    prompt text,
    provider text NOT NULL,
    model text,
    width integer NOT NULL,
    height integer NOT NULL,
    -- How long making it took.
    seconds double precision NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX generated_images_customer ON generated_images (customer_id, id);
CREATE INDEX generated_images_book ON generated_images (book_id, id) WHERE book_id IS NOT NULL;
CREATE INDEX generated_images_description ON generated_images (description_id, id)
    WHERE description_id IS NOT NULL;
CREATE INDEX generated_images_age ON generated_images (created_at);

-- What the daily quota of a user counts; '' stands for requests that name no user.
CREATE TABLE image_orders (
    task_id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    user_id text NOT NULL,
    images integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX image_orders_user ON image_orders (customer_id, user_id, created_at);
CREATE INDEX image_orders_age ON image_orders (created_at);
"""


def upgrade() -> None:
    """Add both tables."""
    op.execute(IMAGES)


def downgrade() -> None:
    """What they say is also in the results of tasks; the files stay."""
    op.execute("DROP TABLE generated_images, image_orders")
