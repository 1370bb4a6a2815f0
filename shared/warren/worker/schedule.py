"""The schedule that a Worker class declares: checked when the class is made, then announced."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from warren.contracts.cron import Cron, InvalidCron, JitterTooLong, UnknownZone
from warren.contracts.kinds import KindSchedule, Missed
from warren.errors import ConfigurationError

#: Which attribute each thing that can be wrong stands in.
_AT_FAULT: Mapping[type[ValueError], str] = {
    InvalidCron: "cron_schedule",
    UnknownZone: "cron_timezone",
    JitterTooLong: "cron_jitter",
}


def check_schedule(cls: Any, name: str) -> None:
    """Check the `cron_…` attributes of a class that has a `cron_schedule`.

    Raises ConfigurationError with `name` and the attribute that is wrong.
    """
    if cls.cron_schedule is None:
        return
    try:
        Cron.parse(cls.cron_schedule, cls.cron_timezone).check_jitter(cls.cron_jitter)
    except (InvalidCron, UnknownZone, JitterTooLong) as error:
        raise ConfigurationError(f"{name}.{_AT_FAULT[type(error)]}: {error}") from error
    try:
        cls.cron_missed = Missed(cls.cron_missed)
    except ValueError as error:
        raise ConfigurationError(
            f"{name}.cron_missed is {cls.cron_missed!r}: give one of {', '.join(Missed)}"
        ) from error
    _payload(cls, lambda problem: ConfigurationError(f"{name}.cron_args: {problem}"))


def schedule_of(worker: Any) -> KindSchedule | None:
    """What is announced of it; None without a schedule."""
    if worker.cron_schedule is None:
        return None
    return KindSchedule(
        cron=worker.cron_schedule,
        timezone=worker.cron_timezone,
        payload=_payload(worker, ValueError),
        missed=worker.cron_missed,
        jitter=worker.cron_jitter,
    )


def _payload(cls: Any, problem: Callable[[str], Exception]) -> dict[str, Any]:
    """`cron_args` as JSON, if the job model takes them and nothing is missing."""
    model, given = cls.job_model, cls.cron_args
    if not isinstance(given, Mapping):
        raise problem(f"{given!r}: give a dict of the fields of {model.__name__}")
    known = {alias for name, field in model.model_fields.items() for alias in (field.alias, name)}
    for name in given:
        if name not in known:
            raise problem(f"{model.__name__} has no field {name!r}")
    try:
        job = model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or model.__name__
        raise problem(
            f"{field}: {first['msg']} (nobody else gives a scheduled job its fields)"
        ) from error
    document: dict[str, Any] = job.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return document
