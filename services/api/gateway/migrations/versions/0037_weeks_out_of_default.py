"""Weeks get their partition also when rows of theirs stand in the default partition already."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# The moment that a UUIDv7 carries.
MOMENT = """
CREATE OR REPLACE FUNCTION uuid7_moment(id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT to_timestamp(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000.0)
$$;
"""
# Weeks to come, and those of which rows stand in the default partition: a schedule that is caught
# up on makes tasks of weeks long past. That with the most rows first: see below. What is dated
# before Warren was there, or in a future that is far, belongs to no week; nor does it hinder any.
# A week in a zone with summer time is not always 168 hours long.
MISSING = """
CREATE OR REPLACE FUNCTION missing_partitions(weeks_ahead integer)
RETURNS TABLE (parent text, week timestamptz) LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    this_week timestamptz := date_trunc('week', now());
    last_week timestamptz := this_week + make_interval(weeks => weeks_ahead);
BEGIN
    FOREACH parent IN ARRAY ARRAY['tasks', 'task_history', 'audit_writes'] LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L, w.week FROM ('
            ' SELECT generate_series($1, $2, interval ''1 week'') AS week, 0 AS held UNION ALL'
            ' SELECT date_trunc(''week'', %s), count(*) FROM %I GROUP BY 1'
            ') AS w WHERE w.week BETWEEN ''2020-01-01'' AND $2'
            ' AND to_regclass(%L || to_char(w.week, ''YYYYMMDD'')) IS NULL'
            ' GROUP BY w.week ORDER BY sum(w.held) DESC, w.week',
            parent,
            CASE parent WHEN 'tasks' THEN 'uuid7_moment(id)'
                WHEN 'task_history' THEN 'uuid7_moment(task_id)' ELSE 'at' END,
            parent || '_default', parent || '_')
        USING this_week - interval '1 week', last_week;
    END LOOP;
END
$$;
"""
# The parent is locked first, as by whoever writes it: a writer that waited for the default
# partition only would be refused, since a partition of its row's came about meanwhile.
# Few rows of the week are moved to its table. Of many that table is made of the default partition,
# from which the few rows of other weeks are moved: that takes a moment, of millions some seconds,
# in which PostgreSQL looks whether they are all of that week.
MAKE = """
CREATE OR REPLACE PROCEDURE make_partition(parent text, week timestamptz, most bigint DEFAULT 20000)
LANGUAGE plpgsql SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
    own text := parent || '_' || to_char(week, 'YYYYMMDD');
    spare text := parent || '_default';
    key text := CASE parent WHEN 'tasks' THEN 'id' WHEN 'task_history' THEN 'task_id'
        ELSE 'at' END;
    low text := CASE key WHEN 'at' THEN week::text ELSE uuid7_floor(week)::text END;
    high text := CASE key WHEN 'at' THEN (week + interval '1 week')::text
        ELSE uuid7_floor(week + interval '1 week')::text END;
    inside text := format('(%I >= %L AND %I < %L)', key, low, key, high);
    fill text := format('fillfactor = %s', CASE parent WHEN 'tasks' THEN 70 ELSE 100 END);
    move text := 'WITH moved AS (DELETE FROM %I WHERE %s RETURNING *)'
        ' INSERT INTO %I SELECT * FROM moved';
    held bigint;
    others bigint;
    part text;
BEGIN
    IF week <> date_trunc('week', week) THEN
        RAISE EXCEPTION '% is not midnight UTC of a Monday', week
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('warren.ensure_partitions'))
        OR to_regclass(own) IS NOT NULL
    THEN
        RETURN; -- somebody else is making or has made it
    END IF;
    EXECUTE format('SELECT count(*) FILTER (WHERE %s), count(*) FILTER (WHERE NOT %s) FROM %I',
        inside, inside, spare) INTO held, others;
    IF least(held, others) > most OR held + others > greatest(most, 5000000) THEN
        RAISE EXCEPTION '% holds % rows of that week and % of others, too many to be moved at once',
            spare, held, others USING ERRCODE = 'program_limit_exceeded';
    END IF;
    EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', parent);
    EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', spare);
    IF held > least(most, greatest(others, 20000)) THEN
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, spare);
        EXECUTE format('ALTER TABLE %I RENAME TO %I', spare, own);
        EXECUTE format('ALTER TABLE %I SET (%s)', own, fill);
        FOR part IN SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = own::regclass
        LOOP
            EXECUTE format('ALTER INDEX %I RENAME TO %I', part, replace(part, spare, own));
        END LOOP;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
            spare, parent);
        EXECUTE format(move, own, 'NOT ' || inside, spare);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I DEFAULT', parent, spare);
    ELSE
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)'
            ' WITH (%s)', own, parent, fill);
        EXECUTE format(move, spare, inside, own);
    END IF;
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        parent, own, low, high);
END
$$;
"""
# For a migration, and for housekeepers of the release before: all that can be made, at once.
ENSURE = """
CREATE OR REPLACE PROCEDURE ensure_partitions(weeks_ahead integer) LANGUAGE plpgsql AS $$
DECLARE
    missing record;
BEGIN
    FOR missing IN SELECT * FROM missing_partitions(weeks_ahead) LOOP
        BEGIN
            CALL make_partition(missing.parent, missing.week);
        EXCEPTION
            WHEN lock_not_available THEN RAISE;
            WHEN OTHERS THEN
                RAISE WARNING '% gets no partition for the week of %: %',
                    missing.parent, missing.week, SQLERRM;
        END;
    END LOOP;
END
$$;
"""


def upgrade() -> None:
    """Functions only: the housekeeper calls them."""
    for statement in (MOMENT, MISSING, MAKE, ENSURE):
        op.execute(statement)


def downgrade() -> None:
    """They stay: the release before calls `ensure_partitions`, which does for it what it did."""
