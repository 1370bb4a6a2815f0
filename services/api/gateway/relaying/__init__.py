"""From rows to the broker: a bounded window of confirmed messages per queue."""
