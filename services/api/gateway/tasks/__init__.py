"""Tasks: submission, state, result, history."""
