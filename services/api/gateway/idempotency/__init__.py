"""Requests that are sent again with the same key make nothing twice."""
