"""One file for each format: a function that gets the text out of it, piece by piece."""
