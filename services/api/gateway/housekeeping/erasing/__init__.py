"""Everything that is kept of a customer goes, for good."""
