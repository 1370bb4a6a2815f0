"""The statements that accept tasks, whoever asks for them."""

# One statement, so one round trip and one commit. Ids are ours: written again after a lost
# connection, a task that did get committed is left alone, and so is its outbox row. What comes
# with a key is written only while there is the key (gateway/customers/holding.py).
ACCEPT = """
WITH given AS (
    SELECT *, coalesce(run_at, now() + delay_seconds * interval '1 second') AS due_at
    FROM json_to_recordset(%s::json) AS row (
        id uuid, customer_id uuid, user_id text, actor text, kind text, version integer,
        queue text, lane text, payload jsonb, metadata jsonb, tags text[], traceparent text,
        max_attempts integer, limit_key text, run_at timestamptz, delay_seconds double precision,
        expires_at timestamptz, unique_key text, parent_id uuid, webhook jsonb,
        key_id uuid)
), held AS (
    SELECT id FROM api_keys WHERE id IN (SELECT key_id FROM given) ORDER BY id FOR KEY SHARE
), submitted AS (
    SELECT * FROM given WHERE key_id IS NULL OR key_id IN (SELECT id FROM held)
), keyed AS (
    INSERT INTO unique_keys (customer_id, kind, key, task_id)
    SELECT customer_id, kind, unique_key, id FROM submitted
    WHERE unique_key IS NOT NULL AND NOT EXISTS (SELECT FROM tasks WHERE tasks.id = submitted.id)
    ORDER BY customer_id, kind, unique_key
    ON CONFLICT DO NOTHING
    RETURNING task_id
), accepted AS (
    INSERT INTO tasks (id, customer_id, user_id, actor, kind, version, queue, lane, payload,
        metadata, tags, traceparent, max_attempts, limit_key, due_at, expires_at, unique_key,
        parent_id, webhook, state)
    SELECT id, customer_id, user_id, actor, kind, version, queue, lane, payload,
        metadata, tags, traceparent, max_attempts, coalesce(limit_key, ''), due_at, expires_at,
        unique_key, parent_id, webhook, CASE WHEN due_at > now() THEN 'scheduled' ELSE 'pending' END
    FROM submitted
    WHERE unique_key IS NULL OR id IN (SELECT task_id FROM keyed)
    ON CONFLICT (id) DO NOTHING
    RETURNING id, kind, version, queue, customer_id, limit_key, due_at, expires_at, state,
        created_at
), kept AS (
    INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name, task_id)
    SELECT id, customer_id, sha256, size, media_type, name, task_id
    FROM json_to_recordset(%s::json) AS row (id uuid, customer_id uuid, sha256 text, size bigint,
        media_type text, name text, task_id uuid)
    WHERE task_id IN (SELECT id FROM accepted)
    ON CONFLICT (id) DO NOTHING
), queued AS (
    INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
        limit_key, expires_at, available_at)
    SELECT id, 1, 1, 1, kind, version, queue, customer_id, limit_key, expires_at,
        greatest(due_at, now()) FROM accepted
)
SELECT id, state, created_at, (SELECT pg_notify('warren_outbox', '')) FROM accepted
"""
LIVING_KEYS = "SELECT id FROM api_keys WHERE id = ANY(%s)"
ALREADY_ACCEPTED = "SELECT id, state, created_at FROM tasks WHERE id = ANY(%s)"
KEY_HOLDERS = """
SELECT n.id AS submitted, t.id, t.state, t.created_at
FROM json_to_recordset(%s::json) AS n (id uuid, customer_id uuid, kind text, unique_key text)
JOIN unique_keys u ON u.customer_id = n.customer_id AND u.kind = n.kind AND u.key = n.unique_key
JOIN tasks t ON t.id = u.task_id
"""
