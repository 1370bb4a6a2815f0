"""Customers' books, their chapters, and the descriptions that were found in them."""
