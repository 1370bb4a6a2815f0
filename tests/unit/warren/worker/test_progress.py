"""Progress: never backwards, not too often, the last one always."""

import threading

from warren.contracts.status import Progress
from warren.worker.progress import ProgressReporter


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_reports_that_come_too_early_are_merged_and_the_last_one_is_sent_at_the_end() -> None:
    sent: list[Progress] = []
    clock = _Clock()
    reporter = ProgressReporter(sent.append, interval=60, clock=clock)

    for percent in range(50):
        reporter.report(percent, f"step {percent}")
    reporter.finish()

    assert [(p.percent, p.message) for p in sent] == [(0, "step 0"), (49, "step 49")]


def test_progress_never_goes_back_nor_out_of_bounds() -> None:
    sent: list[Progress] = []
    reporter = ProgressReporter(sent.append, interval=0)

    for percent in (-5, 40, 30, 250):
        reporter.report(percent)

    assert [p.percent for p in sent] == [0, 40, 40, 100]


def test_a_report_that_came_too_early_is_sent_when_its_time_has_come() -> None:
    sent: list[Progress] = []
    second = threading.Event()

    def send(progress: Progress) -> None:
        sent.append(progress)
        if len(sent) == 2:
            second.set()

    reporter = ProgressReporter(send, interval=0.05)
    reporter.report(1)
    reporter.report(2)

    assert second.wait(5)
    assert [p.percent for p in sent] == [1, 2]


def test_nothing_is_sent_after_the_end() -> None:
    sent: list[Progress] = []
    reporter = ProgressReporter(sent.append, interval=0)

    reporter.finish()
    reporter.report(50)

    assert sent == []


def test_a_late_report_to_a_parent_that_has_hung_up_ends_quietly() -> None:
    # Given a report that waits for its time, and a parent that hangs up meanwhile
    tried = threading.Event()
    sent: list[Progress] = []

    def send(progress: Progress) -> None:
        if sent:
            tried.set()
            raise BrokenPipeError
        sent.append(progress)

    reporter = ProgressReporter(send, interval=0.05)
    reporter.report(1)
    # When its time comes, in the timer's thread (an exception there would fail this test)
    reporter.report(2)
    assert tried.wait(5)
    # Then nothing more is tried
    reporter.finish()
    reporter.report(3)
    assert [p.percent for p in sent] == [1]
