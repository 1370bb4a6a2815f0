"""Kinds of a group of rates pay from one bucket, as gateway.limits.limit_key has it."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LIMIT_KEY = """
CREATE OR REPLACE FUNCTION warren_limit_key(
    definition jsonb, customer uuid, user_id text, payload jsonb)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    bucket text := '';
    grouped text := '';
BEGIN
    IF definition ->> 'rate_limit' IS NOT NULL THEN
        bucket := warren_limit_name(
            coalesce(definition ->> 'rate_group', definition ->> 'kind'), warren_fill_key(
            coalesce(definition ->> 'limit_key', ''), customer, user_id, payload));
    END IF;
    IF definition ->> 'concurrency_key' IS NOT NULL THEN
        grouped := warren_limit_name(definition ->> 'kind', warren_fill_key(
            definition ->> 'concurrency_key', customer, user_id, payload));
    END IF;
    RETURN CASE WHEN bucket || grouped = '' THEN '' ELSE bucket || E'\\x1f' || grouped END;
END
$$
"""


def upgrade() -> None:
    """Replace the function; it keeps its owner and who may call it."""
    op.execute(LIMIT_KEY)


def downgrade() -> None:
    """Leave it: kinds without a group have the keys that they had."""
