"""From status to rows: batches are folded in one transaction each and acked after its commit."""
