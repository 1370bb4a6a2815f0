import asyncio
from typing import Any, cast

import pytest

from gateway.awaiting.looking import SharedLook
from gateway.database import Pool
from tests.unit.gateway.looked_at import LookedAt


@pytest.mark.parametrize("steps", range(5))
def test_it_looks_no_more_when_it_is_cancelled_as_somebody_comes(steps: int) -> None:
    async def look(_connection: Any) -> None:
        await asyncio.sleep(0)

    async def scenario() -> bool:
        shared = SharedLook(cast("Pool", LookedAt()), look, lambda: True, look_at_new=look)
        shared.begin()
        (watch,) = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.sleep(0.01)
        shared.begin()
        for _ in range(steps):
            await asyncio.sleep(0)
        watch.cancel()
        await asyncio.wait([watch], timeout=1)
        is_over = watch.cancelled()
        shared.release()
        return is_over

    assert asyncio.run(scenario())
