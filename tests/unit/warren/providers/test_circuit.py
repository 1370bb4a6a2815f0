"""When a provider is left alone, and when it is tried again."""

import pytest

from warren.providers import Circuit, ProviderDown


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def circuit(clock: _Clock) -> Circuit:
    return Circuit("speech", failures=3, open_seconds=30, clock=clock)


def _refused_for(circuit: Circuit) -> float | None:
    with pytest.raises(ProviderDown) as caught:
        circuit.enter()
    return caught.value.retry_after


def test_failures_in_a_row_open_it_and_a_success_starts_the_count_again(circuit: Circuit) -> None:
    for _ in range(2):
        circuit.failed()
    circuit.succeeded()
    for _ in range(2):
        circuit.failed()
    circuit.enter()

    circuit.failed()

    assert _refused_for(circuit) == 30


def test_after_its_time_one_call_tries_and_the_others_wait_for_it(
    circuit: Circuit, clock: _Clock
) -> None:
    for _ in range(3):
        circuit.failed()
    clock.now += 30

    circuit.enter()
    assert _refused_for(circuit) == 30

    circuit.succeeded()
    circuit.enter()


def test_a_try_that_fails_opens_it_for_as_long_again(circuit: Circuit, clock: _Clock) -> None:
    for _ in range(3):
        circuit.failed()
    clock.now += 30
    circuit.enter()
    clock.now += 5

    circuit.failed()

    assert _refused_for(circuit) == 30


def test_a_pause_that_was_asked_for_is_kept_to_its_end(circuit: Circuit, clock: _Clock) -> None:
    circuit.pause(60)
    circuit.pause(10)
    circuit.succeeded()
    clock.now += 59

    assert _refused_for(circuit) == 1
    clock.now += 1
    circuit.enter()
