"""Keeping a downstream service in step with what customers have here, whenever it is there."""
