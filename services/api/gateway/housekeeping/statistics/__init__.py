"""What the system counts about itself, kept as a history."""
