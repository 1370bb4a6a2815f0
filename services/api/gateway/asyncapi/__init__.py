"""The AsyncAPI document: what travels over the broker."""
