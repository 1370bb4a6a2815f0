"""Options that say which tasks are meant, alike for every command."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

_AGO = re.compile(r"(\d{1,9})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_WHEN = "such as 2h (ago; also s, m, d) or 2026-11-22T18:00"

Kind = Annotated[str | None, typer.Option(help="Only of this job kind, such as tts.synthesize.")]
Queue = Annotated[str | None, typer.Option(help="Only of this queue, such as tts.default.")]
Lane = Annotated[str | None, typer.Option(help="Only of this lane: critical, default or low.")]
State = Annotated[
    list[str] | None, typer.Option(help="Only in this state, such as failed; repeat for several.")
]
Tag = Annotated[str | None, typer.Option(help="Only with this tag.")]
Customer = Annotated[str | None, typer.Option(help="Only of the customer with this id.")]
Since = Annotated[str | None, typer.Option(help=f"Only tasks accepted since then: {_WHEN}.")]
Until = Annotated[str | None, typer.Option(help=f"Only tasks accepted before: {_WHEN}.")]


def task_filter(
    *,
    kind: Kind = None,
    queue: Queue = None,
    lane: Lane = None,
    state: State = None,
    tag: Tag = None,
    customer: Customer = None,
    since: Since = None,
    until: Until = None,
) -> dict[str, Any]:
    """The filter as the gateway takes it: only what was named."""
    named = {
        "kind": kind,
        "queue": queue,
        "lane": lane,
        "state": state,
        "tag": tag,
        "customer_id": customer,
        "since": moment("--since", since),
        "until": moment("--until", until),
    }
    return {name: value for name, value in named.items() if value}


def moment(option: str, text: str | None, now: datetime | None = None) -> str | None:
    """A moment in RFC 3339, from one that is written so or says how long ago.

    Local time is meant where no zone is given. Raises typer.BadParameter.
    """
    if text is None:
        return None
    try:
        if ago := _AGO.fullmatch(text):
            then = (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            then = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{option} {text!r} is no time: give one {_WHEN}") from error
    return then.isoformat()
