"""Schedules: what comes to be by itself, when, and once."""
