"""How long results and their files are kept: so many days by kind, longer where somebody asked.

Whatever process tells of a task reads the settings, once, like those of addresses.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from gateway.problems import ResultGone
from warren.contracts.states import TaskState
from warren.settings import EnvironmentSettings

#: Days; as good as for ever. Some millions from now there are no dates any more.
_FOR_EVER = 365_000
Days = Annotated[int, Field(ge=1, le=_FOR_EVER)]
#: Days by job kind, or by service for all of its kinds, unless somebody says otherwise.
_BY_KIND = {"tts": 30, "image": 30, "book.cache_file": 1}


class RetentionSettings(EnvironmentSettings):
    """Read from `WARREN_…` variables. Ages are in days."""

    model_config = SettingsConfigDict(env_prefix="WARREN_")

    #: Days that results and artifacts of a task stay, unless its kind is named below.
    artifact_days: Days = 7
    #: By job kind, or by service for all of its kinds; those that are not named stay as they are.
    artifact_days_by_kind: dict[str, Annotated[int, Field(ge=0, le=_FOR_EVER)]] = _BY_KIND
    #: How long the summary of a task is kept, by partition of a week; also statistics.
    summary_days: Days = 400
    #: How far from now a result may be asked to be kept.
    result_days_most: int = Field(default=90, ge=1, le=400)

    @field_validator("artifact_days_by_kind")
    @classmethod
    def _beside_the_usual(cls, given: dict[str, int]) -> dict[str, int]:
        return {**_BY_KIND, **given}

    def days_of(self, kind: str) -> int:
        """How long results and artifacts of this job kind stay."""
        by_kind = self.artifact_days_by_kind
        service = kind.partition(".")[0]
        return by_kind.get(kind, by_kind.get(service, self.artifact_days))


@cache
def retention() -> RetentionSettings:
    """Of this process. Raises ConfigurationError."""
    return RetentionSettings()


def result_expires_at(row: Mapping[str, Any]) -> datetime | None:
    """Until when the result of a task is kept, of its row; None unless it has succeeded."""
    finished: datetime | None = row["finished_at"]
    if TaskState(row["state"]) is not TaskState.SUCCEEDED or finished is None:
        return None
    usual = finished + timedelta(days=retention().days_of(row["kind"]))
    kept: datetime | None = row.get("result_kept_until")
    return usual if kept is None else max(usual, kept)


def ensure_result_kept(row: Mapping[str, Any], now: datetime) -> None:
    """Raise ResultGone if the result has expired, whether or not it was cleaned up already."""
    expired = result_expires_at(row)
    gone = row["cleaned_at"] or (expired if expired and expired <= now else None)
    if gone is not None:
        raise ResultGone(f"the result of task {row['id']} was kept until {gone:%Y-%m-%d %H:%M} UTC")
