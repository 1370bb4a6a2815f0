"""What is true of a run at rest; each check is one function of one module here."""

from tests.chaos.checks.acceptance import accepted_tasks_exist, tasks_have_a_request
from tests.chaos.checks.ends import (
    attempts_keep_to_the_budget,
    results_are_whole,
    tasks_have_ended,
    tasks_have_the_right_end,
)
from tests.chaos.checks.executions import (
    executions_belong_to_tasks,
    nothing_runs_before_its_time,
    outcomes_have_executions,
)
from tests.chaos.checks.files import (
    files_have_an_owner,
    rows_have_their_content,
    tasks_have_their_file,
)
from tests.chaos.checks.leftovers import (
    nothing_is_on_its_way,
    nothing_is_quarantined,
    queues_are_empty,
)
from tests.chaos.checks.outcomes import (
    dispatches_follow_each_other,
    history_belongs_to_tasks,
    one_end_per_generation,
)
from tests.chaos.checks.repetitions import nothing_runs_twice_without_cause
from tests.chaos.checks.violation import Check, Violation
from tests.chaos.evidence.model import Evidence

CHECKS: tuple[Check, ...] = (
    accepted_tasks_exist,
    tasks_have_a_request,
    tasks_have_ended,
    tasks_have_the_right_end,
    results_are_whole,
    attempts_keep_to_the_budget,
    one_end_per_generation,
    dispatches_follow_each_other,
    history_belongs_to_tasks,
    executions_belong_to_tasks,
    outcomes_have_executions,
    nothing_runs_twice_without_cause,
    nothing_runs_before_its_time,
    tasks_have_their_file,
    rows_have_their_content,
    files_have_an_owner,
    nothing_is_on_its_way,
    queues_are_empty,
    nothing_is_quarantined,
)


def violations(evidence: Evidence) -> list[Violation]:
    """Everything that all checks find."""
    return [violation for check in CHECKS for violation in check(evidence)]
