"""Polls of statuses: many are answered by one reading, and by memory if nothing has changed."""
