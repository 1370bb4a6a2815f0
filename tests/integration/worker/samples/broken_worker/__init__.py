"""A service that cannot be imported."""

SERVICE = "broken"
