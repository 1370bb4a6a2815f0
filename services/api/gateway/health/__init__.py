"""Whether the gateway lives, and whether it can accept."""
