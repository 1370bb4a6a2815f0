"""What a running job says before its outcome."""

from warren.contracts.status import Part, Progress
from warren.providers import Hold

#: How far it is, a piece of its result, or a provider that all are to leave alone.
Report = Progress | Part | Hold
