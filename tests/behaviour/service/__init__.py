"""A service whose jobs show one behaviour each."""

SERVICE = "behaviour"
