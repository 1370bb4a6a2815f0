"""The ports, filled with what is really there."""
