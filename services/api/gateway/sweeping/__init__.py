"""The sweeper: finds dispatches that nobody holds any more, and issues their tasks again."""
