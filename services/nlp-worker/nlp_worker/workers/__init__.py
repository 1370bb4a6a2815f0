"""The jobs of nlp-worker."""
