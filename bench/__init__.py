"""Benchmarks: Warren beside its peers and its limit, in one run."""
