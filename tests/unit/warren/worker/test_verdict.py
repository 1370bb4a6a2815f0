"""What an exception means, and what of it travels."""

import pytest

from warren.errors import PermanentError, RejectedInput, TimeLimitExceeded, Unavailable
from warren.worker.verdict import (
    MAX_MESSAGE_BYTES,
    MAX_TRACEBACK_BYTES,
    JobFailed,
    error_info,
    failure_of,
)


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (ValueError("x"), "transient"),
        (TimeLimitExceeded("x"), "transient"),
        (KeyboardInterrupt(), "transient"),
        (Unavailable("x"), "unavailable"),
        (PermanentError("x"), "permanent"),
        (RejectedInput("x"), "rejected"),
    ],
)
def test_the_class_of_an_error_decides(error: BaseException, category: str) -> None:
    assert failure_of(error).category == category


def test_retry_after_and_field_are_kept() -> None:
    assert failure_of(Unavailable("down", retry_after=7)).retry_after == 7
    assert failure_of(RejectedInput("no", field="voice_name")).error.field == "voice_name"


def test_what_a_slot_reported_is_passed_on_as_it_is() -> None:
    failure = failure_of(ValueError("far away"))

    assert failure_of(JobFailed(failure)) is failure


def test_message_and_traceback_are_redacted() -> None:
    with pytest.raises(ConnectionError) as caught:
        raise ConnectionError("amqp://guest:s3cr3t@host refused")
    info = error_info(caught.value)

    assert info.type == "ConnectionError"
    assert "s3cr3t" not in info.model_dump_json()
    assert "test_message_and_traceback_are_redacted" in (info.traceback or "")


def test_long_texts_are_cut_in_the_middle_and_stay_within_bounds() -> None:
    info = error_info(ValueError("é" * 1_000_000 + "the cause"))

    assert len(info.message.encode()) <= MAX_MESSAGE_BYTES
    assert len((info.traceback or "").encode()) <= MAX_TRACEBACK_BYTES
    assert info.message.endswith("the cause")
    assert "bytes left out" in info.message


def test_an_error_whose_text_cannot_be_read_is_still_reported() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert error_info(Broken()).message == "(its text could not be read)"
