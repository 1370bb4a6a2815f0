"""Books to chapters: EPUB 2 and 3, FB2, plain text."""
