"""The checks notice what is left of a customer who was erased."""

import uuid
from pathlib import Path

import pytest

from chatbot.schemas import Collection
from indexer.ports import DocumentWrite
from tests.chaos.made_up_run import MadeUpRun
from tests.chaos.made_up_services import CUSTOMER, MadeUpServices
from warren.contracts.ids import new_id

pytestmark = [pytest.mark.postgres]

GONE = uuid.UUID(int=2)


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> MadeUpRun:
    """A run in which a customer was erased."""
    made = MadeUpRun(tmp_path, database_url)
    made.erasure(str(GONE))
    return made


def test_of_an_erased_customer_nothing_may_be_left_in_any_table(run: MadeUpRun) -> None:
    assert run.violations() == []

    run.sql("INSERT INTO customers (id, name) VALUES (%s, 'cora')", GONE)

    (violation,) = run.violations()
    assert (violation.name, violation.message) == ("left of the erased", "1 rows in customers.id")


def test_of_a_task_that_she_was_told_of_nothing_may_be_left(run: MadeUpRun) -> None:
    task = str(new_id())
    run.told_before_erasure(task)
    assert run.violations() == []

    run.entry(task, "task.succeeded")

    assert {"left of the erased", "history without task"} <= run.names()


def test_what_index_and_chatbot_have_of_her_is_noticed_but_not_that_they_deleted_it(
    run: MadeUpRun,
) -> None:
    services = MadeUpServices(run)
    services.tell(Collection.FAQS, "name", 1, {"question": "?", "answer": "!"}, customer=GONE)
    assert run.names() == {"left of the erased", "strange at chatbot"}

    services.at_chatbot("UPDATE entries SET content = NULL")
    assert run.violations() == []

    services.index(DocumentWrite(GONE, "cup", 1, None))
    assert "left of the erased" in run.names()


def test_what_others_have_elsewhere_is_none_of_hers(run: MadeUpRun) -> None:
    services = MadeUpServices(run)
    services.item()
    services.faq()

    assert run.violations() == []
    assert CUSTOMER != GONE


def test_her_runs_are_not_looked_at_and_those_of_others_are(run: MadeUpRun) -> None:
    run.execution(str(new_id()), customer=str(GONE))
    assert run.violations() == []

    run.execution(str(new_id()), customer=str(CUSTOMER))

    assert run.names() == {"execution without task"}


def test_what_was_cancelled_and_then_erased_with_her_is_no_lost_cancellation(
    run: MadeUpRun,
) -> None:
    run.demand("cancel", str(new_id()), code=200, state="cancelled")
    assert run.violations() == []

    run.demand("cancel", run.task("chaos.quick"), code=200, state="cancelled")

    assert run.names() == {"lost cancellation"}


def test_an_erasure_that_was_refused_or_has_left_something_elsewhere_is_noticed(
    run: MadeUpRun,
) -> None:
    run.sql("""UPDATE tasks SET result = '{"left_elsewhere": ["faq.delete_all"]}'""")
    assert run.names() == {"no erasure"}

    run.sql("DELETE FROM task_history")
    run.sql("DELETE FROM tasks")
    assert run.names() == {"lost task"}


def test_an_erasure_that_nobody_asked_for_is_noticed(run: MadeUpRun) -> None:
    run.erasure(str(GONE), asked=False)

    assert run.names() == {"unexplained task"}
