"""Telling customers by HTTP what has become of their tasks."""
