"""Servers that tests share come from Warren's own testing kit."""

pytest_plugins = [
    "warren.testing.servers",
    "warren.testing.rabbitmq",
    "warren.testing.postgres",
    "tests.listening",
]
