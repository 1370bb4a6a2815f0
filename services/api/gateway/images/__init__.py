"""Pictures that customers had made: submitted, listed, given out by links, counted, deleted."""
