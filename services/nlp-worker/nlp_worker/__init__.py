"""Books: chapters, reading positions, descriptions worth a picture."""

SERVICE = "nlp"
