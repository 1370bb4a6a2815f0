"""Checks what a Worker class declares, at the moment the class is made."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_origin

from warren.contracts.job import Job
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane, Pool
from warren.contracts.limits import RATE_GROUP_PATTERN, Rate, template_fields
from warren.errors import ConfigurationError
from warren.worker.schedule import check_schedule

_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_Check = Callable[[Any], bool]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _positive(value: Any) -> bool:
    return _number(value) and 0 < value < float("inf")


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _count(value: Any) -> bool:
    return _number(value) and isinstance(value, int) and value >= 0


def _above_zero(value: Any) -> bool:
    return value is None or (_count(value) and value > 0)


def _rate(value: Any) -> bool:
    try:
        return value is None or bool(Rate.parse(value))
    except (ValueError, TypeError):
        return False


def _group(value: Any) -> bool:
    return value is None or re.fullmatch(RATE_GROUP_PATTERN, str(value)) is not None


def _schedule(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, list | tuple) or not value:
        return False
    return all(_number(delay) and 0 <= delay < float("inf") for delay in value)


def _counted(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(word, str) and word.isidentifier() for pair in value.items() for word in pair
    )


_CHECKS: Mapping[str, tuple[_Check, str]] = {
    "max_retries": (_count, "a whole number, 0 or more"),
    "dead_letter": (_flag, "True or False"),
    "retry_backoff": (_flag, "True or False"),
    "retry_backoff_base": (_positive, "a number of seconds above 0"),
    "retry_backoff_max": (_positive, "a number of seconds above 0"),
    "retry_delay": (_positive, "a number of seconds above 0"),
    "retry_delays": (_schedule, "None or a list of delays in seconds, each 0 or more"),
    "max_age": (_positive, "a number of seconds above 0"),
    "retry_jitter": (_flag, "True or False"),
    "soft_time_limit": (_positive, "a number of seconds above 0"),
    "time_limit": (_positive, "a number of seconds above 0"),
    "isolation": (lambda value: value in {"thread", "process"}, "'thread' or 'process'"),
    "warm_up_at": (lambda value: value in {"start", "first_job"}, "'start' or 'first_job'"),
    "max_tasks_per_child": (_above_zero, "None or 1 or more"),
    "max_memory_mb": (_above_zero, "None, or a number of MiB, 1 or more"),
    "rate_limit": (_rate, "None, or a rate like '10/s', '30/min' or '100/h'"),
    "rate_group": (_group, "None, or a name in lower case without a dot"),
    "burst": (_above_zero, "None or 1 or more"),
    "concurrency_limit": (lambda value: _count(value) and value > 0, "a whole number, 1 or more"),
    "counted": (_counted, "fields of the result and the names of their units"),
    "cron_jitter": (lambda value: value == 0 or _positive(value), "a number of seconds, 0 or more"),
}
#: Templates of keys, which may name fields of the job.
_TEMPLATES = ("limit_key", "concurrency_key", "unique")
_WORDS: Mapping[str, type[StrEnum]] = {"lane": Lane, "audience": Audience, "pool": Pool}


def models_of(cls: type, root: type) -> tuple[Any, Any] | None:
    """Job and result type that `cls` gives to its generic base.

    None for a base that leaves them open and for a subclass that inherits them unchanged.
    Raises ConfigurationError when nobody up the line has named them.
    """
    for base in cls.__dict__.get("__orig_bases__", ()):
        origin, arguments = get_origin(base), get_args(base)
        if isinstance(origin, type) and issubclass(origin, root) and len(arguments) == 2:
            if any(isinstance(argument, TypeVar) for argument in arguments):
                return None
            return arguments[0], arguments[1]
    inherited = getattr(cls, "job_model", None)
    if inherited is None and getattr(cls, "perform", None) is getattr(root, "perform", None):
        return None  # a base that only sets attributes
    if inherited is None:
        raise ConfigurationError(
            f"{_name(cls)} must name its models: class {cls.__name__}(Worker[TheJob, TheResult])"
        )
    return inherited, getattr(cls, "result_type", None)


def complete(cls: Any) -> None:
    """Turn words into enum members, derive what follows from other attributes, check everything.

    Raises ConfigurationError naming the class and the attribute.
    """
    _check_job_model(cls)
    for attribute, words in _WORDS.items():
        _use_member(cls, attribute, words)
    for attribute, (valid, expected) in _CHECKS.items():
        value = getattr(cls, attribute)
        if not valid(value):
            raise ConfigurationError(f"{_name(cls)}.{attribute} is {value!r}: give {expected}")
    for attribute in _TEMPLATES:
        _check_template(cls, attribute)
    check_schedule(cls, _name(cls))
    if cls.__dict__.get("retry_delays") is not None and "max_retries" not in cls.__dict__:
        cls.max_retries = len(cls.retry_delays)
    if "time_limit" in cls.__dict__ and "soft_time_limit" not in cls.__dict__:
        cls.soft_time_limit = 0.9 * cls.time_limit
    if cls.soft_time_limit >= cls.time_limit:
        raise ConfigurationError(
            f"{_name(cls)}.soft_time_limit is {cls.soft_time_limit!r}: it must be below "
            f"time_limit ({cls.time_limit!r})"
        )


def configure(cls: Any) -> None:
    """Take over what the deployment decides on; raises ConfigurationError as `complete` does."""
    options = cls.configured()
    for attribute, value in options.items():
        if attribute not in {*_CHECKS, *_WORDS}:
            raise ConfigurationError(
                f"{_name(cls)}.configured names {attribute!r}, which is none of its options"
            )
        setattr(cls, attribute, value)
    if options:
        complete(cls)


def _check_job_model(cls: Any) -> None:
    model = cls.job_model
    if not (isinstance(model, type) and issubclass(model, Job)):
        raise ConfigurationError(f"{_name(cls)}: its job model {model!r} must derive from Job")
    kind, version = getattr(model, "kind", None), model.version
    if not (isinstance(kind, str) and _KIND.fullmatch(kind)):
        raise ConfigurationError(
            f"{_name(cls)}: {model.__name__}.kind is {kind!r}: write its wire name by hand, "
            "for example kind: ClassVar[str] = 'tts.synthesize'"
        )
    if not _count(version) or version < 1:
        raise ConfigurationError(
            f"{_name(cls)}: {model.__name__}.version is {version!r}: give a whole number from 1"
        )


def _check_template(cls: Any, attribute: str) -> None:
    template = getattr(cls, attribute)
    if template is None and attribute != "limit_key":
        return
    wrong = f"{_name(cls)}.{attribute} is {template!r}"
    try:
        fields = template_fields(template)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{wrong}: {error}") from error
    for field in fields:
        _, payload, name = field.rpartition("payload.")
        if payload and name not in cls.job_model.model_fields:
            raise ConfigurationError(f"{wrong}: {cls.job_model.__name__} has no field {name!r}")


def _use_member(cls: Any, attribute: str, words: type[StrEnum]) -> None:
    value = getattr(cls, attribute)
    if value is None and attribute == "pool":
        return
    try:
        setattr(cls, attribute, words(value))
    except ValueError as error:
        known = ", ".join(words)
        raise ConfigurationError(
            f"{_name(cls)}.{attribute} is {value!r}: give one of {known}"
        ) from error


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
