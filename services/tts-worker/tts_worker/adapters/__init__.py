"""Speech engines and audio files."""
