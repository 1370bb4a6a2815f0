"""What the API's document shows of schedules."""

from gateway.openapi.examples import Examples
from gateway.problems import (
    ArtifactNotFound,
    LaneNotAllowed,
    ScheduleAnnounced,
    ScheduleExists,
    TooManySchedules,
    UnknownKind,
)
from gateway.tasks.entities import NOT_OWNED

_SCHEDULES = "/api/v1/schedules"
_ONE = f"{_SCHEDULES}/{{schedule}}"
_PAYLOAD = {"text": "Good morning."}

EXAMPLES = Examples(
    tags={"schedules": "Tasks at set times"},
    bodies={
        f"POST {_SCHEDULES}": {
            "name": "good-morning",
            "kind": "tts.synthesize",
            "payload": _PAYLOAD,
            "cron": "0 7 * * 1-5",
            "timezone": "Europe/Berlin",
        },
        f"PATCH {_ONE}": {"enabled": False},
    },
    values={
        "ScheduleView.name": "good-morning",
        "ScheduleView.source": "created",
        "ScheduleView.payload": _PAYLOAD,
        "ScheduleView.lane": "default",
        "cron": "0 7 * * 1-5",
        "timezone": "Europe/Berlin",
        "ScheduleView.enabled": True,
        "ScheduleView.last_task_status": "succeeded",
        "refusal": None,
        "retired_at": None,
        "retired_because": None,
        "ScheduleView.release": None,
        "ScheduleView.announced_at": None,
    },
    problems={
        f"POST {_SCHEDULES}": (
            UnknownKind,
            LaneNotAllowed,
            ArtifactNotFound,
            ScheduleExists,
            TooManySchedules,
            *NOT_OWNED,
        ),
        f"PATCH {_ONE}": (
            UnknownKind,
            LaneNotAllowed,
            ArtifactNotFound,
            ScheduleAnnounced,
            *NOT_OWNED,
        ),
        f"DELETE {_ONE}": (ScheduleAnnounced,),
        f"POST {_ONE}/run": (UnknownKind, LaneNotAllowed, ArtifactNotFound, *NOT_OWNED),
    },
)
