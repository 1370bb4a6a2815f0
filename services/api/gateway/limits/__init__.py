"""Limits of rate and concurrency per job kind and key."""
