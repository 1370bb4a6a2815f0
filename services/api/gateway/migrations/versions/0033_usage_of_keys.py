"""What a key has used goes with the key, also what is leased for one that is remembered yet."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# Small, as before. Whoever leases for a new key meanwhile waits.
BELONGING = """
LOCK TABLE api_keys, key_usage IN SHARE ROW EXCLUSIVE MODE;
DELETE FROM key_usage WHERE NOT EXISTS (SELECT FROM api_keys WHERE id = key_id);
ALTER TABLE key_usage ADD FOREIGN KEY (key_id) REFERENCES api_keys ON DELETE CASCADE;
"""
ALONE = "ALTER TABLE key_usage DROP CONSTRAINT key_usage_key_id_fkey"


def upgrade() -> None:
    """What keys have used that are gone goes."""
    op.execute(BELONGING)


def downgrade() -> None:
    """It stays for two days."""
    op.execute(ALONE)
