"""Following tasks: their recorded history, and their progress, as server-sent events."""
