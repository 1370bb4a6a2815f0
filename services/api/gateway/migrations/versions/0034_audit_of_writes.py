"""Who has written or deleted what: single writes, by the week."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# Ids are those of `audit_entries`, so that both are read as one list.
WRITES = """
CREATE TABLE audit_writes (
    id bigint NOT NULL DEFAULT nextval('audit_entries_id_seq'),
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    customer_id uuid,
    details jsonb NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);

CREATE INDEX audit_writes_actor ON audit_writes (actor, id);
CREATE INDEX audit_writes_target ON audit_writes (target, id);
CREATE INDEX audit_writes_customer ON audit_writes (customer_id, id);
CREATE TABLE audit_writes_default PARTITION OF audit_writes DEFAULT;
"""
PARTITIONS = """
CREATE OR REPLACE PROCEDURE ensure_partitions(weeks_ahead integer) LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    week timestamptz;
    first_week timestamptz := date_trunc('week', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
                              - interval '1 week';
    following timestamptz;
    partition_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('warren.ensure_partitions'));
    FOREACH parent IN ARRAY ARRAY['tasks', 'task_history', 'audit_writes'] LOOP
        FOR week IN SELECT generate_series(
            first_week, first_week + make_interval(weeks => weeks_ahead + 1), interval '1 week')
        LOOP
            partition_name := parent || '_' || to_char(week AT TIME ZONE 'UTC', 'YYYYMMDD');
            following := week + interval '1 week';
            IF to_regclass(partition_name) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)'
                    ' WITH (fillfactor = %s)',
                    partition_name, parent,
                    CASE parent WHEN 'audit_writes' THEN week::text
                        ELSE uuid7_floor(week)::text END,
                    CASE parent WHEN 'audit_writes' THEN following::text
                        ELSE uuid7_floor(following)::text END,
                    CASE parent WHEN 'tasks' THEN 70 ELSE 100 END);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
"""
# Where rows of a week stand in a default partition already, that makes no week; 0037 does.
BEGIN = """
DO $$
BEGIN
    CALL ensure_partitions(12);
EXCEPTION
    WHEN check_violation OR invalid_object_definition THEN RAISE WARNING '%', SQLERRM;
END
$$;
"""


def upgrade() -> None:
    """It begins now, with its partitions: what is written before them keeps them away."""
    op.execute(WRITES)
    op.execute(PARTITIONS)
    op.execute(BEGIN)


def downgrade() -> None:
    """Restore a backup instead: what it tells is told nowhere else."""
    raise RuntimeError("restore a backup instead of downgrading: the audit would be lost")
