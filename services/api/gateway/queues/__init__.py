"""Queues as operators see and steer them."""
