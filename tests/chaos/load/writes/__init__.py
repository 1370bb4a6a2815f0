"""Clients of the services: catalogues, documents and FAQs of some customers, over REST."""
