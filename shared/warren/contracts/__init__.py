"""What several parts share: terms, wire shapes, job and event models.

Knows no broker, no database and no web framework.
"""
