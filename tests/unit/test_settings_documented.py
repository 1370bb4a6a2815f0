"""Whoever runs a process finds every variable that it reads."""

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import AliasChoices

from gateway.housekeeping.config import HousekeepingSettings
from gateway.recording.config import RecorderSettings
from gateway.relaying.config import RelaySettings
from gateway.scheduling.config import SchedulerSettings
from gateway.sweeping.config import HousekeeperSettings
from image_worker.config import ImageSettings, PaintingSettings, RefiningSettings
from indexer.config import EmbeddingSettings, IndexSettings, JobSettings, SearchNodeSettings
from nlp_worker.config import NlpSettings
from sync_worker.config import ChatbotSettings, FetchSettings, ReadingSettings, WebhookSettings
from tts_worker.config import SpeechSettings
from warren.artifacts.opening import S3Settings
from warren.client.settings import ClientSettings
from warren.outbound.webhooks import WebhookNetworks
from warren.sealing import SealingSettings
from warren.settings import EnvironmentSettings
from warren.worker.settings import WorkerSettings

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "howto" / "run-locally.md"
ALL: tuple[type[EnvironmentSettings], ...] = (
    RelaySettings,
    RecorderSettings,
    HousekeeperSettings,
    HousekeepingSettings,
    SchedulerSettings,
    WorkerSettings,
    ClientSettings,
    S3Settings,
    SealingSettings,
    SpeechSettings,
    ImageSettings,
    PaintingSettings,
    RefiningSettings,
    ChatbotSettings,
    ReadingSettings,
    FetchSettings,
    WebhookSettings,
    WebhookNetworks,
    IndexSettings,
    JobSettings,
    EmbeddingSettings,
    SearchNodeSettings,
    NlpSettings,
)


def variables(settings: type[EnvironmentSettings]) -> Iterator[str]:
    for name, field in settings.model_fields.items():
        alias = field.validation_alias
        if isinstance(alias, AliasChoices):
            alias = str(alias.choices[0])
        prefix = settings.model_config.get("env_prefix", "")
        yield str(alias) if alias else f"{prefix}{name}".upper()


def test_the_table_names_the_variables_that_are_read_and_no_others() -> None:
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    variable = r"`((?:WARREN|TTS|SYNC|INDEXER|NLP|IMAGE)_[A-Z0-9_]+)`"
    described = set(re.findall(variable, "\n".join(rows)))

    assert described == {name for settings in ALL for name in variables(settings)}
