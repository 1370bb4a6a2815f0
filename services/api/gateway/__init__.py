"""The gateway: REST, authentication, uploads, the database; relay and recorder beside it."""
