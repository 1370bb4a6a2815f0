"""The analysers, each behind the port `Analyser`."""
