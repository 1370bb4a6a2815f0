"""Text to speech under an address of its own."""
