"""A service whose only job does nothing: what remains is the cost of Warren itself."""

SERVICE = "bench"
