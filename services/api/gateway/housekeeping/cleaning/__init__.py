"""Deleting what has outlived its age: rows first, then files, by way of a trash."""
