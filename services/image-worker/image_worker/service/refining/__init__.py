"""Prompts made better: what a picture needs to be told, added to what the caller has said."""
