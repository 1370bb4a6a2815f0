"""What indexer does, in a few words."""

SERVICE = "indexer"
