"""Of a customer who was erased nothing is left; that nobody else's is touched others look at."""

from collections.abc import Iterator

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence

_ERASE = "erase"
ERASURES = "api.erase_customer"


def erasures_are_done(evidence: Evidence) -> Iterator[Violation]:
    """Each yes has its task, each task a demand; they succeed, also elsewhere."""
    demands = [d for d in evidence.demands if d.action == _ERASE]
    if evidence.erased and not any(demand.is_sure for demand in demands):
        yield Violation("no erasure", f"answered {[demand.code for demand in demands]}")
    made = {demand.made for demand in demands if demand.is_sure}
    tasks = {task.id: task for task in evidence.tasks.values() if task.kind == ERASURES}
    for name in made - tasks.keys():
        yield Violation("lost task", "an erasure was accepted, it is gone", name)
    unsure = sum(d.may_have_worked and not d.is_sure for d in demands)
    for name in sorted(tasks.keys() - made)[unsure:]:
        yield Violation("unexplained task", "nobody asked for this erasure", name)
    for task in tasks.values():
        if task.state != "succeeded" or task.result["left_elsewhere"]:
            yield Violation("no erasure", f"{task.state}: {task.error or task.result}", task.id)


def nothing_of_the_erased_is_left(evidence: Evidence) -> Iterator[Violation]:
    """No row has the id of the customer, or of one of the tasks; nor has index or chatbot a thing.

    Files and outcomes that nobody owns are looked at in cleaning.py, history in outcomes.py.
    """
    for erased in evidence.erased if evidence.rest is not None else ():
        for place, count in erased.rows.items():
            yield Violation("left of the erased", f"{count} rows in {place}")
        found = (*evidence.services.indexed, *evidence.services.told)
        for kept in (each for each in found if each.customer == erased.customer):
            # The chatbot remembers that something was deleted there, and what it was called.
            if kept in evidence.services.indexed or kept.content is not None:
                yield Violation("left of the erased", f"elsewhere: {kept!r:.300}")
