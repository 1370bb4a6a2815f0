"""The checks notice what breaks the promises about catalogues, documents and FAQs."""

from pathlib import Path

import pytest

from indexer.ports import DocumentWrite
from tests.chaos.made_up_run import MadeUpRun
from tests.chaos.made_up_services import CUSTOMER, MadeUpServices
from warren.contracts.ids import new_id

pytestmark = [pytest.mark.postgres]


@pytest.fixture
def services(tmp_path: Path, database_url: str) -> MadeUpServices:
    """A run with nothing in it yet."""
    return MadeUpServices(MadeUpRun(tmp_path, database_url))


def test_a_healthy_run_of_services_breaks_no_promise(services: MadeUpServices) -> None:
    services.floor(1)
    services.item(version=2)
    services.faq()
    services.document()

    assert services.run.violations() == []


def test_what_an_old_write_has_left_below_a_floor_is_no_violation(
    services: MadeUpServices,
) -> None:
    services.floor(5)

    services.index(DocumentWrite(CUSTOMER, "old", 3, {"id": "old", "name": "Old"}))

    assert services.run.violations() == []


def test_an_item_that_the_index_has_not_is_noticed(services: MadeUpServices) -> None:
    services.item()

    services.run.sql("UPDATE catalogue_items SET id = 'mug'")

    assert services.run.names() >= {"missing in index", "strange in index"}


def test_an_item_that_nobody_wants_is_noticed(services: MadeUpServices) -> None:
    services.item()

    services.index(DocumentWrite(CUSTOMER, "mug", 2, {"id": "mug", "name": "Mug"}))

    assert services.run.names() == {"strange in index"}


def test_an_index_that_is_behind_is_noticed(services: MadeUpServices) -> None:
    services.item()

    services.run.sql("UPDATE catalogue_items SET version = 2, indexed_version = 2")

    assert services.run.names() == {"index out of date"}


def test_an_item_that_the_index_has_otherwise_is_noticed(services: MadeUpServices) -> None:
    services.item()

    services.run.sql("""UPDATE catalogue_items SET item = item || '{"name": "Mug"}'""")

    assert services.run.names() == {"wrong item in index", "wrong content"}


def test_an_item_that_was_deleted_is_noticed_in_the_index(services: MadeUpServices) -> None:
    services.item()

    services.run.sql("UPDATE catalogue_items SET deleted = true, item = NULL, content_hash = NULL")

    assert "wrong item in index" in services.run.names()


def test_what_lies_above_a_floor_that_was_not_cleaned_to_is_noticed(
    services: MadeUpServices,
) -> None:
    services.floor(3)

    services.run.sql("UPDATE catalogue_floors SET indexed_floor = 2")

    assert services.run.names() == {"index not followed"}


def test_an_item_that_is_not_said_to_be_indexed_is_noticed(services: MadeUpServices) -> None:
    services.item(version=2)

    services.run.sql("UPDATE catalogue_items SET indexed_version = 1")

    assert services.run.names() == {"index not followed"}


def test_an_accepted_write_that_is_gone_is_noticed(services: MadeUpServices) -> None:
    services.write("product", "put", "cup", {"id": "cup"}, version=4)

    assert services.run.names() == {"lost write"}


def test_an_accepted_floor_that_is_gone_is_noticed(services: MadeUpServices) -> None:
    services.floor(3)

    services.run.sql("UPDATE catalogue_floors SET floor = 2, indexed_floor = 2")

    assert services.run.names() == {"lost write"}


def test_a_run_in_which_hardly_any_write_was_accepted_is_noticed(services: MadeUpServices) -> None:
    for _ in range(30):
        services.lose("product")

    assert services.run.names() == {"no load"}


def test_an_accepted_write_without_its_task_is_noticed(services: MadeUpServices) -> None:
    task = services.item()

    services.run.sql("DELETE FROM task_history")
    services.run.sql("DELETE FROM tasks")

    assert services.run.names(task) == {"lost task"}


def test_a_task_that_no_write_has_made_is_noticed(services: MadeUpServices) -> None:
    services.item()

    services.run.sql("""UPDATE tasks SET payload = jsonb_set(payload, '{customer_id}', '"me"')""")

    assert services.run.names() == {"unexplained task"}


def test_a_task_of_a_service_that_failed_is_noticed(services: MadeUpServices) -> None:
    task = services.item()

    services.run.sql("UPDATE tasks SET state = 'failed', result = NULL")

    assert "wrong end" in services.run.names(task)


def test_an_entity_that_the_chatbot_has_not_is_noticed(services: MadeUpServices) -> None:
    services.faq()
    services.document()

    services.at_chatbot("DELETE FROM entries")

    assert services.run.names() == {"missing at chatbot"}


def test_a_deleted_entity_that_the_chatbot_still_has_is_noticed(services: MadeUpServices) -> None:
    services.faq()

    services.run.sql("UPDATE syncs SET deleted = true, desired_version = 2, synced_version = 2")

    assert services.run.names() == {"strange at chatbot"}


def test_a_chatbot_that_is_behind_is_noticed(services: MadeUpServices) -> None:
    services.document()

    services.run.sql("UPDATE syncs SET desired_version = 2, synced_version = 2")

    assert services.run.names() == {"chatbot out of date"}


def test_an_answer_that_the_chatbot_has_otherwise_is_noticed(services: MadeUpServices) -> None:
    services.faq()

    services.at_chatbot("""UPDATE entries SET content = '{"question": "Why?", "answer": "No."}'""")

    assert services.run.names() == {"wrong content at chatbot"}


def test_a_text_that_the_chatbot_has_otherwise_is_noticed(services: MadeUpServices) -> None:
    services.document()

    services.at_chatbot("""UPDATE entries SET content = '{"source": "s", "text": "others"}'""")

    assert services.run.names() == {"wrong content at chatbot"}


def test_an_entity_that_is_not_in_step_is_noticed(services: MadeUpServices) -> None:
    services.faq()

    services.run.sql("UPDATE syncs SET state = 'failed'")

    assert services.run.names() == {"not in step"}


def test_what_the_chatbot_has_applied_twice_is_noticed(services: MadeUpServices) -> None:
    services.faq()

    services.at_chatbot(
        "INSERT INTO changes (customer, collection, id, version, operation)"
        " SELECT customer, collection, id, version, operation FROM changes"
    )

    assert services.run.names() == {"applied twice"}


def test_what_a_chore_compares_is_no_violation(services: MadeUpServices) -> None:
    chore = services.run.chore("api.check_drift")
    listing, comparison = str(new_id()), str(new_id())

    for task, kind, parent in (
        (listing, "sync.list_versions", chore),
        (comparison, "api.compare_versions", listing),
    ):
        services.run.row(task, kind, None, state="succeeded", parent_id=parent)
        services.run.entry(task, "task.succeeded")

    assert services.run.violations() == []


def test_a_comparison_that_no_chore_has_asked_for_is_noticed(services: MadeUpServices) -> None:
    task = str(new_id())

    services.run.row(task, "api.compare_versions", None, state="succeeded")
    services.run.entry(task, "task.succeeded")

    assert services.run.names(task) == {"unexplained task"}
