"""What the gateway bears: submissions, batches, polls and open event streams."""
