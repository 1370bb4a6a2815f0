"""One way to log: structlog, as JSON for machines or coloured lines for people, on stderr."""

import logging
import re
import sys
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from warren.observability.redaction import redact

#: Also those of eight bits, separators of lines and paragraphs, and marks that turn texts around.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CONTROLS_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LogFormat = Literal["pretty", "json", "auto"]

#: Libraries that tell at INFO what only their authors want to know.
_QUIET_LIBRARIES = ("dramatiq", "httpx", "httpcore", "asyncio", "apscheduler")


def configure_logging(log_format: LogFormat = "auto", level: str = "INFO") -> None:
    """Set up structlog and the standard library's logging for this process.

    `auto` is pretty on a terminal and JSON otherwise. What contextvars bind (a task's id, kind and
    attempt, say) is part of every line, of libraries' lines too.
    """
    stream = sys.stderr
    pretty = log_format == "pretty" or (log_format == "auto" and stream.isatty())
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_exception,
    ]
    final = _renderers(pretty, stream)
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    _route_standard_logging(shared, final, stream, number)


def redact_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take secrets out of tracebacks and error texts; other values are ours to keep clean."""
    for key in ("exception", "error"):
        if isinstance(event.get(key), str):
            event[key] = redact(event[key])
    return event


def escape_controls(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Write out what a terminal would obey, and line breaks: what callers send is in our lines.

    Tracebacks keep their lines.
    """
    for key, value in event.items():
        if isinstance(value, str):
            controls = _CONTROLS_BUT_LINES if key == "exception" else _CONTROLS
            event[key] = controls.sub(_escaped, value)
    return event


def _escaped(control: re.Match[str]) -> str:
    return control[0].encode("unicode_escape").decode()


def _renderers(pretty: bool, stream: TextIO) -> list[Processor]:
    if pretty:
        console = structlog.dev.ConsoleRenderer(colors=stream.isatty(), sort_keys=False)
        return [escape_controls, console]
    return [structlog.processors.JSONRenderer(serializer=_json)]


def _json(event: Any, **_options: Any) -> str:
    # JSON lets some of them stand as they are.
    return _CONTROLS.sub(
        lambda control: f"\\u{ord(control[0]):04x}", orjson.dumps(event, default=str).decode()
    )


def _route_standard_logging(
    shared: list[Processor], final: list[Processor], stream: TextIO, level: int
) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
