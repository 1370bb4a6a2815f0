"""Measurements of every half hour."""

from gateway.housekeeping.config import HousekeepingSettings
from gateway.housekeeping.statistics.history import keep
from gateway.housekeeping.statistics.jobs import (
    QueueReport,
    QueueStats,
    SystemReport,
    SystemStats,
)
from gateway.housekeeping.statistics.queues import measure_queues
from gateway.housekeeping.statistics.system import measure_system
from gateway.housekeeping.surroundings import database_of
from warren.contracts.kinds import Audience
from warren.worker import JobContext, Worker


class SystemStatsWorker(Worker[SystemStats, SystemReport]):
    """Run twice, it adds two measurements."""

    audience = Audience.OPERATOR
    cron_schedule = "*/30 * * * *"

    def perform(self, job: SystemStats, context: JobContext) -> SystemReport:
        settings = HousekeepingSettings()
        with database_of(settings) as connection:
            report = measure_system(connection, settings.stats_days)
            keep(connection, "system", report.timestamp, report)
        return report


class QueueStatsWorker(Worker[QueueStats, QueueReport]):
    """Run twice, it adds two measurements."""

    audience = Audience.OPERATOR
    cron_schedule = "*/30 * * * *"

    def perform(self, job: QueueStats, context: JobContext) -> QueueReport:
        with database_of(HousekeepingSettings()) as connection:
            report = measure_queues(connection)
            keep(connection, "queues", report.timestamp, report)
        return report
