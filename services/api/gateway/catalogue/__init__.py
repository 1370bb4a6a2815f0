"""Catalogues of customers: the gateway is their source of truth, the search index follows it."""
