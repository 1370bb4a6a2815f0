"""A service whose jobs misbehave in their slot processes."""

SERVICE = "slots"
