"""What the demonstration does, a module for each domain."""
