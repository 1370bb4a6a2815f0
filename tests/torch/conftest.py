"""Paths that need torch, which takes gigabytes: `make test-torch` installs it, and runs these."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]
