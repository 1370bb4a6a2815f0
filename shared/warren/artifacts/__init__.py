"""Content-addressed storage of files."""
