"""Answers that wait for the end of a task: `Prefer: wait=n` and `async_mode=false`."""
