"""What a run does follows from its seed."""

from itertools import islice, pairwise
from pathlib import Path
from random import Random
from uuid import UUID

from tests.chaos.checks.expectations import expectation
from tests.chaos.faults.schedule import FAULTS, schedule
from tests.chaos.faults.system import Order
from tests.chaos.load.ask import Ask
from tests.chaos.load.mix import draw_some
from tests.chaos.load.writes.books import book_writes
from tests.chaos.load.writes.catalogue import catalogue_writes
from tests.chaos.load.writes.entities import document_writes, faq_writes
from tests.chaos.load.writes.known import Known
from tests.chaos.load.writes.pictures import picture_writes
from tests.chaos.load.writes.speech import speech_writes
from tests.chaos.load.writes.writer import Write
from tests.chaos.plan import ChaosPlan

PROGRAMS = ["chaos-worker", "chatbot", "relay", "recorder", "gateway", "housekeeper"]
LINKS = ["relay>postgres", "relay>rabbitmq", "client>gateway"]


def orders(seed: int, *, seconds: float = 600, disk: int = 0) -> list[Order]:
    plan = ChaosPlan(seed=seed, seconds=seconds, root=Path("/nowhere"), artifact_disk=disk)
    return schedule(plan, PROGRAMS, ["rabbitmq", "postgres"], LINKS)


def test_the_same_seed_gives_the_same_faults_and_another_gives_others() -> None:
    assert orders(7) == orders(7)
    assert orders(7) != orders(8)


def test_a_long_run_has_faults_of_every_kind() -> None:
    assert {order.kind for order in orders(7, seconds=6000, disk=1)} == set(FAULTS)


def test_no_disk_of_its_own_is_never_filled() -> None:
    assert "fill-disk" not in {order.kind for order in orders(7, seconds=6000)}


def test_storms_are_separated_by_calm() -> None:
    moments = [order.at for order in orders(7)]

    assert all(moment % 40 < 25 for moment in moments)
    assert max(later - earlier for earlier, later in pairwise(moments)) >= 15


def test_a_system_without_a_chatbot_has_no_faults_of_it() -> None:
    plan = ChaosPlan(seed=7, seconds=6000, root=Path("/nowhere"))

    kinds = {order.kind for order in schedule(plan, ["gateway"], ["postgres"], LINKS)}

    assert not any(kind.startswith("chatbot") for kind in kinds)


def test_the_same_seed_gives_the_same_writes_of_every_action() -> None:
    def draw(seed: int) -> list[Write]:
        random, known = Random(seed), Known()
        known.learn({"document_id": "d"})
        some = [catalogue_writes(random), document_writes(random, known), faq_writes(random, known)]
        return [write for writes in some for write in islice(writes, 500)]

    assert draw(7) == draw(7) != draw(8)
    actions = {"put", "delete", "delete_some", "delete_all", "bulk", "import"}
    assert {write.action for write in draw(7)} == actions


def test_the_same_seed_asks_the_same_of_every_domain() -> None:
    def draw(seed: int) -> list[Write]:
        random = Random(seed)
        ids = [Known([name]) for name in ("book_id", "artifact_id", "task_id")]
        for known, name in zip(ids, ("book_id", "artifact_id", "task_id"), strict=True):
            known.learn({name: str(UUID(int=1))})
        books, uploads, tasks = ids
        some = [
            speech_writes(random),
            book_writes(random, books, illustrated=True),
            picture_writes(random, uploads, tasks),
        ]
        return [write for writes in some for write in islice(writes, 200)]

    assert draw(7) == draw(7) != draw(8)
    actions = {"speak", "read", "locate", "again", "remove", "upload"}
    actions |= {"paint", "restyle", "enhance", "cut_out", "swap"}
    assert {write.action for write in draw(7)} == actions


def test_it_is_known_what_every_job_of_the_mix_must_end_in() -> None:
    random = Random(7)

    for _ in range(1000):
        for ask in draw_some(random, bursts=0.0):
            items = [ask] if isinstance(ask, Ask) else ask.items
            ends = {expectation(item.kind, item.payload).state for item in items}
            assert ends <= {"succeeded", "failed"}


def test_where_nothing_is_to_be_disturbed_nothing_is() -> None:
    plan = ChaosPlan(seed=7, seconds=600, root=Path("/nowhere"), only="-")

    assert schedule(plan, PROGRAMS, ["rabbitmq", "postgres"], LINKS) == []


def test_what_has_to_come_in_any_case_comes_first() -> None:
    plan = ChaosPlan(
        seed=7, seconds=60, root=Path("/nowhere"), artifact_disk=1, first=("fill-disk", "purge")
    )

    kinds = [order.kind for order in schedule(plan, PROGRAMS, ["rabbitmq", "postgres"], LINKS)]

    assert kinds[:2] == ["fill-disk", "purge"]
