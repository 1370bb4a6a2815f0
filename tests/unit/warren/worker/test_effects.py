"""An effect happens once for a task and key, and not after its run was given up or cancelled."""

import asyncio
import threading
from dataclasses import replace

import pytest

from warren.contracts.ids import new_id
from warren.errors import JobCancelled
from warren.testing.deadline import eventually
from warren.testing.worker import FakeContext, MemoryStore
from warren.worker.cancel_signal import CancelSignal, RunGivenUp
from warren.worker.effects import Effect, EffectGate, OutOfTouch, ReceiptNotStorable


class _Sink:
    """Counts writes, as a sink that recognises keys would see them."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def write(self, key: str) -> dict[str, int]:
        self.keys.append(key)
        return {"number": len(self.keys)}


def test_every_run_of_a_task_gets_the_receipt_of_the_first() -> None:
    task, store, sink = new_id(), MemoryStore(), _Sink()
    contexts = [FakeContext(task_id=task, attempt=n, store=store) for n in (1, 2, 3)]

    receipts = [context.effect("charge").once(sink.write) for context in contexts]

    assert receipts == [{"number": 1}] * 3
    assert sink.keys == [f"{task}:charge"]


def test_neither_attempt_nor_generation_nor_run_is_part_of_the_key() -> None:
    store, sink = MemoryStore(), _Sink()
    run = FakeContext()._run
    later = replace(run, run_id=new_id(), generation=2, dispatch=1, attempt=1)
    gate = EffectGate(CancelSignal())

    for each in (run, later):
        Effect(store, each, "charge", gate).once(sink.write)

    assert len(sink.keys) == 1


def test_keys_and_tasks_have_effects_of_their_own() -> None:
    store, sink = MemoryStore(), _Sink()
    for context in (FakeContext(store=store), FakeContext(store=store)):
        for key in ("charge", "a/b c"):
            context.effect(key).once(sink.write)

    assert len(set(sink.keys)) == 4


def test_a_write_that_failed_is_made_again_under_the_same_key() -> None:
    context, keys = FakeContext(), []

    def fails_once(key: str) -> None:
        keys.append(key)
        if len(keys) == 1:
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        context.effect("mail").once(fails_once)
    assert context.effect("mail").receipt() is None
    context.effect("mail").once(fails_once)

    assert keys == [f"{context.task_id}:mail"] * 2
    assert context.effect("mail").receipt() is True


@pytest.mark.parametrize("receipt", [0, "sent"])
def test_what_another_run_has_written_while_this_one_waited_is_not_written_again(
    receipt: object,
) -> None:
    # Given a run that looks, finds nothing, and then waits for the broker
    store, run = MemoryStore(), FakeContext()._run
    other = Effect(store, replace(run, run_id=new_id()), "mail", EffectGate(CancelSignal()))

    def answers_late() -> bool:
        # When another run writes meanwhile
        return bool(other.once(lambda _: receipt) == receipt)

    keys: list[str] = []
    gate = EffectGate(CancelSignal(), answers_late)

    # Then it is given that one's receipt, and writes nothing
    assert Effect(store, run, "mail", gate).once(keys.append) == receipt
    assert keys == []


def test_of_two_runs_at_once_one_document_stands_for_both() -> None:
    task, store = new_id(), MemoryStore()
    first, second = (FakeContext(task_id=task, store=store) for _ in range(2))

    # Given that the second looks before the first has written
    def beside(_key: str) -> str:
        first.effect("number").put("from the first")
        return "from the second"

    assert second.effect("number").once(beside) == "from the first"
    assert first.effect("number").receipt() == "from the first"


@pytest.mark.parametrize("receipt", [object(), "x" * 50_000])
def test_a_receipt_that_cannot_be_kept_is_told(receipt: object) -> None:
    with pytest.raises(ReceiptNotStorable, match="effect 'a' of task"):
        FakeContext().effect("a").once(lambda _key: receipt)


def test_an_effect_needs_a_key() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        FakeContext().effect("")


def test_after_a_cancellation_nothing_is_written() -> None:
    cancellation, sink = CancelSignal(), _Sink()
    effect = Effect(MemoryStore(), FakeContext()._run, "a", EffectGate(cancellation))
    cancellation.make()

    with pytest.raises(JobCancelled):
        effect.once(sink.write)
    assert sink.keys == []


def test_a_run_that_was_given_up_writes_nothing_any_more() -> None:
    cancellation, sink = CancelSignal(), _Sink()
    effect = Effect(MemoryStore(), FakeContext()._run, "a", EffectGate(cancellation))

    assert cancellation.close()

    with pytest.raises(RunGivenUp):
        effect.once(sink.write)
    assert sink.keys == []


def test_whoever_gives_a_run_up_sees_the_write_that_is_under_way() -> None:
    cancellation, begun, goes_on = CancelSignal(), threading.Event(), threading.Event()
    effect = Effect(MemoryStore(), FakeContext()._run, "a", EffectGate(cancellation))

    def slow(_key: str) -> None:
        begun.set()
        assert goes_on.wait(30)

    thread = threading.Thread(target=effect.once, args=[slow])
    thread.start()
    assert begun.wait(30)
    assert not cancellation.close()

    goes_on.set()
    thread.join(30)
    assert cancellation.close()


def test_without_news_of_cancellations_a_write_waits_and_the_job_is_put_off() -> None:
    sure, sink = [False], _Sink()
    impatient = EffectGate(CancelSignal(), lambda: sure[0], patience=0.2)
    patient = EffectGate(CancelSignal(), lambda: sure[0], patience=30)
    store, run = MemoryStore(), FakeContext()._run

    with pytest.raises(OutOfTouch):
        Effect(store, run, "a", impatient).once(sink.write)
    assert sink.keys == []

    waiting = threading.Thread(target=Effect(store, run, "a", patient).once, args=[sink.write])
    waiting.start()
    sure[0] = True
    eventually(lambda: sink.keys)
    waiting.join(30)


class _AsyncSink(_Sink):
    """Takes its time, and tells when it has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def write_async(self, key: str) -> dict[str, int]:
        self.begun.set()
        await self.go_on.wait()
        return self.write(key)


def test_an_async_write_is_recorded_for_every_run_as_any_other() -> None:
    task, store = new_id(), MemoryStore()

    async def write_twice() -> list[object]:
        sink = _AsyncSink()
        sink.go_on.set()
        contexts = [FakeContext(task_id=task, attempt=n, store=store) for n in (1, 2)]
        receipts = [await c.effect("charge").once_async(sink.write_async) for c in contexts]
        return [*receipts, sink.keys]

    assert asyncio.run(write_twice()) == [{"number": 1}, {"number": 1}, [f"{task}:charge"]]


def test_an_async_write_does_not_begin_after_its_task_was_cancelled() -> None:
    cancellation, sink = CancelSignal(), _Sink()
    cancellation.make()
    effect = Effect(MemoryStore(), FakeContext()._run, "charge", EffectGate(cancellation))

    async def write(key: str) -> None:
        sink.write(key)

    with pytest.raises(JobCancelled):
        asyncio.run(effect.once_async(write))
    assert sink.keys == []


def test_an_async_write_that_has_begun_ends_and_is_recorded_though_its_job_is_cancelled() -> None:
    store, context = MemoryStore(), FakeContext()
    cancellation = CancelSignal()
    effect = Effect(store, context._run, "charge", EffectGate(cancellation))

    async def cancel_in_the_middle() -> bool:
        sink = _AsyncSink()
        job = asyncio.ensure_future(effect.once_async(sink.write_async))
        await sink.begun.wait()
        job.cancel()
        # In one turn of the loop it hears of it, in the next it would have ended
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        # Nobody may report the task as cancelled yet
        assert not cancellation.close()
        sink.go_on.set()
        await asyncio.wait([job])
        return job.cancelled()

    assert asyncio.run(cancel_in_the_middle())
    assert effect.receipt() == {"number": 1}
    assert cancellation.close()


def test_an_async_write_waits_until_orders_are_surely_heard_or_is_put_off() -> None:
    sure = [False, True]
    gate = EffectGate(CancelSignal(), lambda: sure.pop(0))
    never = EffectGate(CancelSignal(), lambda: False, patience=0.1)

    async def write() -> str:
        return "written"

    assert asyncio.run(gate.run_async(write)) == "written"
    with pytest.raises(OutOfTouch):
        asyncio.run(never.run_async(write))
