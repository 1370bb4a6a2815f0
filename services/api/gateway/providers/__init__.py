"""Providers that workers leave alone for a while, and calling them again earlier."""
