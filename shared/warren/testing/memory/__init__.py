"""The whole system in memory, for tests of jobs: with retries, schedules, events and batches."""

from warren.testing.memory.relaying import NeverIdle
from warren.testing.memory.scheduling import Schedule
from warren.testing.memory.system import InMemoryWarren
from warren.testing.memory.view import MemoryTask

__all__ = ["InMemoryWarren", "MemoryTask", "NeverIdle", "Schedule"]
