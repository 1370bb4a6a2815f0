"""Descriptions in a text of the caller's."""
