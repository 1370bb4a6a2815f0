"""When a process has been used enough."""

import subprocess
import sys

from warren.worker.wear import Wear, WearLimits, resident_memory

SPEAK, LIST = ("tts.speak", 1), ("tts.list", 1)


def _wear(limits: WearLimits, *, memory: float = 0, **kinds: WearLimits) -> Wear:
    by_name = {SPEAK: kinds.get("speak", WearLimits()), LIST: kinds.get("list", WearLimits())}
    return Wear(limits, by_name, lambda: memory, draw=lambda _below: 0)


def test_without_limits_nothing_wears_out() -> None:
    wear = _wear(WearLimits(), memory=10**6)

    assert {wear.begun(SPEAK) for _ in range(1000)} == {None}
    assert wear.ended(SPEAK) is None


def test_the_last_job_of_all_kinds_says_so_when_it_begins() -> None:
    wear = _wear(WearLimits(max_tasks=3))

    assert [wear.begun(SPEAK), wear.begun(LIST)] == [None, None]
    assert wear.begun(SPEAK) == "it has run 3 jobs"


def test_a_kind_counts_its_own_jobs_only() -> None:
    wear = _wear(WearLimits(), speak=WearLimits(max_tasks=2))

    assert {wear.begun(LIST) for _ in range(9)} == {None}
    assert wear.begun(SPEAK) is None
    assert wear.begun(SPEAK) == "it has run 2 jobs of tts.speak"


def test_the_smaller_limit_of_memory_holds() -> None:
    wear = _wear(WearLimits(max_memory_mb=500), memory=300, list=WearLimits(max_memory_mb=200))

    assert wear.ended(SPEAK) is None
    assert wear.ended(LIST) == "it uses 300 MiB of memory, more than 200"


def test_processes_that_start_together_do_not_end_together() -> None:
    def jobs() -> int:
        wear = Wear(WearLimits(max_tasks=100), {}, lambda: 0)
        return next(n for n in range(1, 101) if wear.begun(SPEAK))

    counts = {jobs() for _ in range(50)}
    assert len(counts) > 1
    assert counts <= set(range(90, 101))


def test_memory_is_a_process_s_own_in_mebibytes() -> None:
    empty, full = _memory_of_a_new_process(holding=0), _memory_of_a_new_process(holding=64 << 20)

    assert 50 < full - empty < 100


def test_a_process_that_has_gone_has_no_memory() -> None:
    assert resident_memory(2**22 - 1) == 0


def _memory_of_a_new_process(*, holding: int) -> float:
    """This one may hold so much freed memory that another 64 MiB do not make it grow."""
    program = (
        "from warren.worker.wear import resident_memory\n"
        f"held = bytearray(b'x') * {holding}\n"
        "print(resident_memory(), len(held))\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    memory, held = printed.stdout.split()
    assert int(held) == holding
    return float(memory)
