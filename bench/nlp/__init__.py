"""How well, and how fast, descriptions are found."""
