"""Jobs of the tts-worker beside those of actors.py, and what jobs share."""
