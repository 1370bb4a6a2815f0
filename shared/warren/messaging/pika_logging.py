"""pika tells every failed attempt with several tracebacks; we tell it in one line."""

import logging


def quieten_pika() -> None:
    """Silence pika's own log below CRITICAL, unless somebody has set its level."""
    logger = logging.getLogger("pika")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)
