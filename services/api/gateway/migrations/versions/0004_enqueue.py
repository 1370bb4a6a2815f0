"""The function `warren_enqueue`: a task in a transaction of the caller's own.

It does in SQL what a submission does in Python (gateway/tasks/submission.py), but for the payload's
JSON Schema, which the worker's model decides on, and the backlog's limits.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds over a random UUID, whose version becomes 7.
NEW_ID = """
CREATE FUNCTION warren_new_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
            FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;
"""

# As warren.contracts.limits.fill_template, and what becomes of keys that are too long.
KEYS = """
CREATE FUNCTION warren_fill_key(template text, customer uuid, user_id text, payload jsonb)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    part text;
    filled text := '';
BEGIN
    FOR part IN SELECT matched[1]
        FROM regexp_matches(template, '(\\{\\{|\\}\\}|\\{[^{}]*\\}|[^{}]+)', 'g') AS matched
    LOOP
        filled := filled || CASE
            WHEN part IN ('{{', '}}') THEN left(part, 1)
            WHEN part = '{customer_id}' THEN customer::text
            WHEN part = '{user_id}' THEN coalesce(user_id, '')
            WHEN part LIKE '{payload.%}' THEN
                coalesce(payload ->> substr(part, 10, length(part) - 10), '')
            ELSE part END;
    END LOOP;
    RETURN filled;
END
$$;

CREATE FUNCTION warren_limit_name(kind text, key text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT kind || ':' || CASE
        WHEN length(key) > 100 OR key COLLATE "C" !~ '^[ -~]*$'
        THEN encode(sha256(convert_to(key, 'UTF8')), 'hex') ELSE key END
$$;

CREATE FUNCTION warren_limit_key(definition jsonb, customer uuid, user_id text, payload jsonb)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    bucket text := '';
    grouped text := '';
BEGIN
    IF definition ->> 'rate_limit' IS NOT NULL THEN
        bucket := warren_limit_name(definition ->> 'kind', warren_fill_key(
            coalesce(definition ->> 'limit_key', ''), customer, user_id, payload));
    END IF;
    IF definition ->> 'concurrency_key' IS NOT NULL THEN
        grouped := warren_limit_name(definition ->> 'kind', warren_fill_key(
            definition ->> 'concurrency_key', customer, user_id, payload));
    END IF;
    RETURN CASE WHEN bucket || grouped = '' THEN '' ELSE bucket || E'\\x1f' || grouped END;
END
$$;

CREATE FUNCTION warren_unique_key(definition jsonb, customer uuid, user_id text, payload jsonb)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    key text;
BEGIN
    IF definition ->> 'unique' IS NULL THEN
        RETURN NULL;
    END IF;
    key := warren_fill_key(definition ->> 'unique', customer, user_id, payload);
    RETURN CASE WHEN key = '' THEN '*' WHEN length(key) > 200
        THEN encode(sha256(convert_to(key, 'UTF8')), 'hex') ELSE key END;
END
$$;
"""

# A payload names an artifact by its id; the worker gets the whole reference.
ARTIFACTS = """
CREATE FUNCTION warren_artifact(customer uuid, field text, given jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    reference jsonb;
BEGIN
    IF jsonb_typeof(given) <> 'string' THEN
        RETURN given;
    END IF;
    SELECT jsonb_build_object('id', a.id, 'sha256', a.sha256, 'size', a.size,
        'media_type', a.media_type, 'name', a.name) INTO reference
    FROM artifacts a WHERE a.id::text = lower(given #>> '{}') AND a.customer_id = customer
        AND (a.expires_at IS NULL OR a.expires_at > now());
    IF reference IS NULL THEN
        RAISE EXCEPTION 'payload.%: the customer has no artifact %', field, given #>> '{}'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN reference;
END
$$;

CREATE FUNCTION warren_with_artifacts(customer uuid, definition jsonb, payload jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    field text;
    part jsonb;
    completed jsonb;
BEGIN
    completed := (SELECT coalesce(jsonb_object_agg(key, value), '{}')
        FROM jsonb_each(payload) WHERE value <> 'null');
    FOR field, part IN SELECT key, value
        FROM jsonb_each(definition #> '{payload_schema,properties}') WHERE completed ? key
    LOOP
        IF part @> '{"x-warren-artifact": true}' THEN
            completed := jsonb_set(completed, ARRAY[field],
                warren_artifact(customer, field, completed -> field));
        ELSIF part @> '{"items": {"x-warren-artifact": true}}'
            AND jsonb_typeof(completed -> field) = 'array' THEN
            completed := jsonb_set(completed, ARRAY[field], (
                SELECT coalesce(jsonb_agg(warren_artifact(customer, field, item) ORDER BY place),
                    '[]')
                FROM jsonb_array_elements(completed -> field)
                    WITH ORDINALITY AS listed (item, place)));
        END IF;
    END LOOP;
    RETURN completed;
END
$$;
"""

CHECKS = """
CREATE FUNCTION warren_check_options(payload jsonb, lane text, run_at timestamptz,
    delay_seconds double precision, expires_at timestamptz, unique_key text, metadata jsonb,
    tags text[], user_id text)
RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    wrong text;
BEGIN
    wrong := CASE
        WHEN payload IS NULL OR jsonb_typeof(payload) <> 'object' THEN
            'payload: must be a JSON object'
        WHEN octet_length(payload::text) > 65536 THEN 'payload: is larger than 65536 bytes (64 KiB)'
        WHEN lane IS NOT NULL AND lane NOT IN ('critical', 'default', 'low') THEN
            'lane: must be one of critical, default, low'
        WHEN run_at IS NOT NULL AND delay_seconds IS NOT NULL THEN
            'delay_seconds: give run_at or delay_seconds, not both'
        WHEN NOT coalesce(delay_seconds, 0) BETWEEN 0 AND 34560000 THEN
            'delay_seconds: must be between 0 and 34560000 (400 days)'
        WHEN run_at < '1970-01-01Z' THEN 'run_at: must not be before 1970'
        WHEN run_at > now() + interval '400 days' THEN
            'run_at: must be at most 400 days from now'
        WHEN expires_at <= now() THEN 'expires_at: must be in the future'
        WHEN expires_at > now() + interval '400 days' THEN
            'expires_at: must be at most 400 days from now'
        WHEN expires_at <= run_at THEN 'expires_at: must be later than run_at'
        WHEN NOT length(unique_key) BETWEEN 1 AND 200 THEN
            'unique_key: must have 1 to 200 characters'
        WHEN NOT length(user_id) BETWEEN 1 AND 200 THEN 'user_id: must have 1 to 200 characters'
        WHEN jsonb_typeof(metadata) <> 'object' OR octet_length(metadata::text) > 4096 THEN
            'metadata: must be a JSON object of at most 4096 bytes'
        WHEN cardinality(tags) > 20 OR EXISTS (SELECT FROM unnest(tags) AS tag
            WHERE tag IS NULL OR NOT length(tag) BETWEEN 1 AND 64) THEN
            'tags: must be at most 20 texts of 1 to 64 characters'
        END;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = CASE WHEN wrong LIKE 'payload: is larger%' THEN
                'Store long content as an artifact (POST /api/v1/artifacts) and give its id.'
                ELSE 'Roll back, correct it and call again.' END;
    END IF;
END
$$;

CREATE FUNCTION warren_choose_lane(definition jsonb, lane text, customer uuid)
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    plan_name text;
    chosen text;
BEGIN
    SELECT c.plan INTO plan_name FROM customers c WHERE c.id = customer;
    IF plan_name IS NULL THEN
        RAISE EXCEPTION 'customer: there is no customer %', coalesce(customer::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF lane = 'critical' AND plan_name <> 'premium' THEN
        RAISE EXCEPTION 'lane: may be critical for customers of the premium plan only'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    chosen := coalesce(lane, definition ->> 'lane', 'default');
    RETURN CASE WHEN plan_name = 'premium' AND chosen = 'default' THEN 'critical' ELSE chosen END;
END
$$;

-- Newest version first, but for the one that is asked for.
CREATE FUNCTION warren_definition(wanted text, asked_version integer)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    found_definition jsonb;
BEGIN
    SELECT k.definition INTO found_definition FROM job_kinds k WHERE k.kind = wanted
    ORDER BY (k.version = coalesce(asked_version, k.version)) DESC, k.version DESC LIMIT 1;
    IF found_definition IS NULL OR found_definition ->> 'audience' = 'internal' THEN
        RAISE EXCEPTION 'kind: is %, which no service has announced', coalesce(wanted, 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN found_definition;
END
$$;

-- NULL once the key is the new task's; otherwise the live task that has it.
CREATE FUNCTION warren_take_key(customer uuid, kind text, unique_key text, task uuid)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    holder uuid;
BEGIN
    FOR try IN 1..5 LOOP
        INSERT INTO unique_keys (customer_id, kind, key, task_id)
        VALUES (customer, warren_take_key.kind, unique_key, task) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN NULL;
        END IF;
        SELECT u.task_id INTO holder FROM unique_keys u WHERE u.customer_id = customer
            AND u.kind = warren_take_key.kind AND u.key = unique_key;
        IF FOUND THEN
            RETURN holder;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'tasks with the unique key % come and go; try again', unique_key
        USING ERRCODE = 'serialization_failure';
END
$$;
"""

ENQUEUE = """
CREATE FUNCTION warren_enqueue(
    kind text,
    payload jsonb,
    customer uuid,
    version integer DEFAULT NULL,
    lane text DEFAULT NULL,
    run_at timestamptz DEFAULT NULL,
    delay_seconds double precision DEFAULT NULL,
    expires_at timestamptz DEFAULT NULL,
    unique_key text DEFAULT NULL,
    metadata jsonb DEFAULT NULL,
    tags text[] DEFAULT NULL,
    user_id text DEFAULT NULL,
    traceparent text DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    task uuid := warren_new_id();
    due timestamptz;
    definition jsonb := warren_definition(kind, version);
    lane_name text := warren_choose_lane(definition, lane, customer);
    queue_name text := concat_ws('.', definition ->> 'service', definition ->> 'pool', lane_name);
    message jsonb;
    key text;
    holder uuid;
    limits text;
BEGIN
    PERFORM warren_check_options(payload, lane, run_at, delay_seconds, expires_at, unique_key,
        metadata, tags, user_id);
    due := coalesce(run_at, now() + delay_seconds * interval '1 second');
    message := warren_with_artifacts(customer, definition, payload);
    key := coalesce(unique_key, warren_unique_key(definition, customer, user_id, payload));
    limits := warren_limit_key(definition, customer, user_id, payload);
    IF key IS NOT NULL THEN
        holder := warren_take_key(customer, kind, key, task);
        IF holder IS NOT NULL THEN
            RETURN holder;
        END IF;
    END IF;
    INSERT INTO tasks (id, customer_id, user_id, actor, kind, version, queue, lane, payload,
        metadata, tags, traceparent, max_attempts, limit_key, due_at, expires_at, unique_key, state)
    VALUES (task, customer, user_id, 'sql:' || session_user, kind,
        coalesce(version, (definition ->> 'version')::integer), queue_name, lane_name, message,
        metadata, tags,
        CASE WHEN traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' THEN traceparent END,
        coalesce((definition ->> 'max_retries')::integer, 3) + 1, limits, due, expires_at, key,
        CASE WHEN due > now() THEN 'scheduled' ELSE 'pending' END);
    INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
        limit_key, expires_at, available_at)
    VALUES (task, 1, 1, 1, kind, coalesce(version, (definition ->> 'version')::integer),
        queue_name, customer, limits, expires_at, greatest(due, now()));
    PERFORM pg_notify('warren_outbox', '');
    RETURN task;
END
$$;

-- It writes for its owner; roles that may use it are named by an operator.
REVOKE ALL ON FUNCTION warren_enqueue FROM PUBLIC;
"""

FUNCTIONS = (
    "warren_enqueue",
    "warren_take_key",
    "warren_definition",
    "warren_choose_lane",
    "warren_check_options",
    "warren_with_artifacts",
    "warren_artifact",
    "warren_unique_key",
    "warren_limit_key",
    "warren_limit_name",
    "warren_fill_key",
    "warren_new_id",
)


def upgrade() -> None:
    """Make the functions; one transaction."""
    for statements in (NEW_ID, KEYS, ARTIFACTS, CHECKS, ENQUEUE):
        op.execute(statements)


def downgrade() -> None:
    """Drop the functions: what they have made are tasks like any other."""
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
