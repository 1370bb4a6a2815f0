"""Warren: contracts, messaging, worker runtime, artifact store and command line."""
