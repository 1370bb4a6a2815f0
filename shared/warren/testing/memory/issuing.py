"""Events: what successes state, and the task that each becomes for every subscriber."""

from datetime import datetime
from uuid import UUID

from warren.client.clock import Clock
from warren.contracts.events import (
    CloudEvent,
    EmittedEvent,
    event_id,
    schema_of,
    subscriber_task_id,
)
from warren.contracts.state_machine import Transition
from warren.contracts.submission import TaskOptions
from warren.testing.memory.acceptance import Asker, Wanted
from warren.testing.memory.intake import Intake
from warren.testing.memory.kinds import Kinds
from warren.testing.memory.tasks import Tasks


class Events:
    """Every event that was issued, in order. One of its methods is a projection: `project`."""

    def __init__(self, kinds: Kinds, tasks: Tasks, intake: Intake, clock: Clock, plan: str) -> None:
        self._kinds = kinds
        self._tasks = tasks
        self._intake = intake
        self._clock = clock
        self._plan = plan
        self.issued: list[CloudEvent] = []

    def project(self, transition: Transition) -> None:
        """Issue the events of a task that succeeds."""
        row, success = transition.after, transition.success
        for number, emitted in enumerate(success.data.events if success else [], start=1):
            moment = row.finished_at or self._clock.now()
            source = row.kind.partition(".")[0]
            self.issue(emitted, row.id, number, row.customer_id, source, moment)

    def issue(
        self,
        emitted: EmittedEvent,
        task_id: UUID,
        number: int,
        customer_id: UUID,
        source: str,
        moment: datetime,
    ) -> CloudEvent:
        """The `number`th fact that a task of the service `source` has stated."""
        event = CloudEvent(
            id=event_id(task_id, number),
            source=f"/services/{source}",
            type=emitted.type,
            subject=str(task_id),
            time=moment,
            dataschema=schema_of(emitted.type),
            customerid=customer_id,
            data=emitted.data,
        )
        self.issued.append(event)
        self._tell(event, task_id)
        return event

    def _tell(self, event: CloudEvent, task_id: UUID) -> None:
        stating = self._tasks.get(task_id)
        asker = Asker(
            event.customerid,
            actor=f"event:{event.id}",
            plan=self._plan,
            user_id=stating.user_id if stating else None,
            parent_id=task_id if stating else None,
        )
        metadata = {"event_id": str(event.id), "event_type": event.type}
        for kind, subscription in self._kinds.subscribers(event.type):
            wanted = Wanted(
                id=subscriber_task_id(event.id, kind.definition.kind),
                kind=kind.definition.kind,
                version=kind.definition.version,
                payload=event.document() if subscription.envelope else event.data,
                options=TaskOptions(metadata=metadata),
                asker=asker,
                asked_at=self._clock.now(),
            )
            self._intake.accept_or_end(wanted, kind)
