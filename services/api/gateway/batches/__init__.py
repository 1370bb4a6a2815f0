"""Batches: tasks whose members are tasks. Ends are counted where they are recorded."""
