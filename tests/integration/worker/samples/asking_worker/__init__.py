"""A service whose jobs ask for others."""

SERVICE = "asking"
