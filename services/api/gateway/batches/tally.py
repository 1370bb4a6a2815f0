"""How many members of a batch have ended, and how."""

TALLIES = """
SELECT b.task_id AS batch_id, b.total, b.callback, count(m.task_id)::integer AS known,
    count(*) FILTER (WHERE m.state = 'succeeded')::integer AS succeeded,
    count(*) FILTER (WHERE m.state = 'failed')::integer AS failed,
    count(*) FILTER (WHERE m.state = 'cancelled')::integer AS cancelled,
    count(*) FILTER (WHERE m.state = 'expired')::integer AS expired
FROM batches b LEFT JOIN batch_members m ON m.batch_id = b.task_id
WHERE b.task_id = ANY (%s::uuid[]) GROUP BY b.task_id ORDER BY b.task_id
"""
