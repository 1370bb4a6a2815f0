"""The local stack: a private RabbitMQ node, an embedded PostgreSQL, every service as a process."""
