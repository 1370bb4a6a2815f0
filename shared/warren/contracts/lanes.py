"""Lanes and queue names. A Worker names its lane and pool, never a queue."""

from enum import StrEnum

from warren.errors import ConfigurationError


class Lane(StrEnum):
    """Order of service within a service's queues; `PROBE` serves health probes only."""

    CRITICAL = "critical"
    DEFAULT = "default"
    LOW = "low"
    PROBE = "probe"


class Pool(StrEnum):
    """Hardware that a job needs, where a service has more than one kind."""

    CPU = "cpu"
    GPU = "gpu"


def queue_name(service: str, lane: Lane, pool: Pool | None = None) -> str:
    """`<service>[.<pool>].<lane>`, for example `tts.critical` or `image.gpu.low`.

    Raises ConfigurationError when the service's name could not be part of a queue name.
    """
    if not service.isidentifier() or not service.islower():
        raise ConfigurationError(
            f"service name {service!r} must be one lower-case word: it becomes part of queue names"
        )
    return ".".join([service, *([pool.value] if pool else []), lane.value])
