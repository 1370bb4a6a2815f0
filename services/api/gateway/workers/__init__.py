"""Processes that beat."""
