"""What is done again: failed tasks that are resubmitted, a sweep that is asked for."""
