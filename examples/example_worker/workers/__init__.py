"""The jobs, a module for each: whatever lies in this folder is found."""
