"""`warren demo`: a job of every domain, side by side, and a page that shows what came of them."""
