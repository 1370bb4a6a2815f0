"""The Worker class and the process that runs it."""
