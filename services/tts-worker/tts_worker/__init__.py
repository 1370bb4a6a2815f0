"""Text to speech."""

SERVICE = "tts"
