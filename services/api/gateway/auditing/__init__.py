"""Who has changed what: one row for each change, in the transaction that makes it."""
