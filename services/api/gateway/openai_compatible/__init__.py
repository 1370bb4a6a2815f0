"""The part of OpenAI's API that speaks and paints, answered by Warren's tasks, below `/v1`."""
