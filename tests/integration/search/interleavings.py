"""Histories of a catalogue as they may reach an index: late, twice, out of order, all at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from hypothesis import strategies as st

from indexer.ports import CatalogueIndex, DocumentWrite, Embedded, Outcome, Scope
from tests.integration.search.behaviour import MODEL, PRODUCT, item, vector

IDS = ("a", "b", "c")
CUSTOMERS = 2


@dataclass(frozen=True)
class Step:
    """`what` reaches the index: text, vector, tombstone, or the clean-up below a floor."""

    what: str
    customer: int
    id: str
    version: int


@dataclass(frozen=True)
class History:
    """What was accepted, in an order that nobody keeps, and how it is shared out."""

    steps: Sequence[Step]
    workers: int
    size_of_a_request: int
    customers: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(CUSTOMERS)])

    def expected(self, customer: int) -> dict[str, tuple[int, bool]]:
        """By id: the version that can be found, and whether it has its vector."""
        mine = [step for step in self.steps if step.customer == customer]
        floor = self.floor(customer)
        last: dict[str, list[Step]] = {}
        for step in (step for step in mine if step.what != "clean"):
            newest = last.get(step.id, [step])[0].version
            if step.version > newest:
                last[step.id] = [step]
            elif step.version == newest:
                last.setdefault(step.id, []).append(step)
        return {
            name: (steps[0].version, any(step.what == "vector" for step in steps))
            for name, steps in last.items()
            if steps[0].version > floor and steps[0].what != "tombstone"
        }

    def floor(self, customer: int) -> int:
        """Of the last `delete_all`."""
        cleans = [s.version for s in self.steps if (s.what, s.customer) == ("clean", customer)]
        return max(cleans, default=0)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Each version of a customer does one thing; what follows from it comes any number of times."""
    steps: list[Step] = []
    for customer in range(CUSTOMERS):
        for version in range(1, draw(st.integers(1, 8)) + 1):
            what = draw(st.sampled_from(["upsert", "upsert", "upsert", "tombstone", "clean"]))
            name = draw(st.sampled_from(IDS))
            if what == "upsert":
                steps += [Step("text", customer, name, version)]
                if draw(st.booleans()):
                    steps += [Step("vector", customer, name, version)]
            else:
                steps += [Step(what, customer, name, version)]
    again = draw(st.lists(st.sampled_from(steps), max_size=len(steps)))
    return History(
        steps=draw(st.permutations(steps + again)),
        workers=draw(st.integers(1, 4)),
        size_of_a_request=draw(st.integers(1, 5)),
    )


def replay(history: History, indices: Sequence[CatalogueIndex]) -> None:
    """Let workers apply the history at the same time, each through an index of its own."""
    shares = [history.steps[number :: history.workers] for number in range(history.workers)]
    with ThreadPoolExecutor(history.workers) as pool:
        runs = [
            pool.submit(_work, history, share, index)
            for share, index in zip(shares, indices, strict=False)
        ]
        for run in runs:
            run.result(60)


def visible(history: History, customer: int, index: CatalogueIndex) -> dict[str, tuple[int, bool]]:
    """What a search and a scan show, which must agree; as `History.expected`."""
    customer_id, floor = history.customers[customer], history.floor(customer)
    index.refresh(PRODUCT)
    page = index.search_words(PRODUCT, Scope(customer_id, floor), [], 100, 0)
    found = {hit.id: hit.version for hit in page.hits}
    scanned = {
        held.id: (held.version, held.has_vector)
        for held in index.scan(PRODUCT, customer_id, floor)
        if held.item is not None
    }
    assert found == {name: version for name, (version, _) in scanned.items()}
    return scanned


def _work(history: History, share: Sequence[Step], index: CatalogueIndex) -> None:
    batch: list[DocumentWrite] = []
    for step in share:
        if step.what == "clean":
            _apply(index, batch)
            index.clean(PRODUCT, history.customers[step.customer], step.version)
        else:
            batch.append(_write(history, step))
        if len(batch) >= history.size_of_a_request:
            _apply(index, batch)
    _apply(index, batch)


def _apply(index: CatalogueIndex, batch: list[DocumentWrite]) -> None:
    outcomes = index.write(PRODUCT, batch) if batch else []
    assert {outcome.outcome for outcome in outcomes} <= {Outcome.APPLIED, Outcome.SUPERSEDED}
    batch.clear()


def _write(history: History, step: Step) -> DocumentWrite:
    return DocumentWrite(
        history.customers[step.customer],
        step.id,
        step.version,
        None if step.what == "tombstone" else item(step.id, f"version {step.version}"),
        Embedded(vector(1), MODEL) if step.what == "vector" else None,
    )
