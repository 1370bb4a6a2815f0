from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest

from gateway.tasks.acceptance import Acceptance
from gateway.tasks.batch_submission import batch_answer
from gateway.tasks.routes import accepted_response
from warren.contracts.ids import new_id

_MOMENT = datetime(2026, 11, 27, 8, 30, 0, 120_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment",
    [_MOMENT, _MOMENT.replace(microsecond=0), _MOMENT.astimezone(timezone(timedelta(hours=7)))],
)
@pytest.mark.parametrize("unique", [True, False])
def test_a_batch_says_of_each_task_what_a_submission_says_of_one(
    moment: datetime, unique: bool
) -> None:
    accepted = Acceptance(new_id(), "pending", moment, unique)

    answer = orjson.loads(batch_answer(None, ["tts.synthesize"], [accepted]).body)

    alone = orjson.loads(accepted_response("tts.synthesize", accepted).body)
    assert answer == {"batch_id": None, "items": [alone]}
