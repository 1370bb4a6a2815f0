"""Messages that nobody could finish: kept, explained, replayed or discarded."""
