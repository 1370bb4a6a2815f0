from gateway.polling import reading
from gateway.tasks.schemas import _OF_ITS_OWN, TaskStatus


def test_a_poll_reads_what_its_answer_tells() -> None:
    read = {name.strip() for name in reading.COLUMNS.split(",")}

    assert set(TaskStatus.model_fields) - _OF_ITS_OWN - {"next_run_at"} <= read
