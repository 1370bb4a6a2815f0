"""Customers' documents, which a downstream chatbot answers from."""
