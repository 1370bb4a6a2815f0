"""What is true of a run at rest; each check is one function of one module here."""

from tests.chaos.checks.acceptance import (
    accepted_tasks_exist,
    generations_are_asked_for,
    own_tasks_are_explained,
    tasks_have_a_request,
)
from tests.chaos.checks.books import (
    books_are_kept,
    books_are_recorded_once,
    books_follow_their_tasks,
    books_have_their_tasks,
)
from tests.chaos.checks.bounds import (
    dispatches_run_a_few_times,
    tasks_start_in_time,
    the_load_got_through,
    the_system_comes_to_rest,
)
from tests.chaos.checks.bulk import (
    bulk_actions_are_asked_for,
    bulk_actions_keep_to_their_filter,
    bulk_cancels_leave_nothing_out,
    bulk_retries_leave_nothing_out,
    letters_are_resolved_on_demand,
)
from tests.chaos.checks.catalogue import index_is_followed, the_index_equals_the_catalogue
from tests.chaos.checks.cleaning import (
    clean_ups_are_asked_for,
    clean_ups_are_done,
    nothing_without_owner_is_left,
    uploads_go_unless_they_are_named,
)
from tests.chaos.checks.descent import (
    children_are_asked_for,
    descendants_are_there,
    descendants_are_what_they_should_be,
    failures_state_no_facts,
    the_cancelled_ask_for_nothing,
)
from tests.chaos.checks.domains import domain_tasks_are_asked_for, domain_tasks_end_well
from tests.chaos.checks.effects import (
    cancellations_take_hold,
    confirmed_cancellations_stand,
    effects_are_single,
    nothing_is_done_after_a_cancellation,
    successes_have_their_effects,
)
from tests.chaos.checks.ends import (
    attempts_keep_to_the_budget,
    results_are_whole,
    tasks_have_ended,
    tasks_have_the_right_end,
)
from tests.chaos.checks.erasure import erasures_are_done, nothing_of_the_erased_is_left
from tests.chaos.checks.executions import (
    executions_belong_to_tasks,
    nothing_runs_before_its_time,
    nothing_starts_too_late,
    outcomes_have_executions,
)
from tests.chaos.checks.files import rows_have_their_content, tasks_have_their_file
from tests.chaos.checks.joins import (
    batches_are_whole,
    batches_end_as_their_members,
    callbacks_come_once,
    callbacks_tell_the_truth,
    members_end_with_their_batch,
)
from tests.chaos.checks.leftovers import (
    nothing_is_on_its_way,
    nothing_is_quarantined,
    queues_are_empty,
)
from tests.chaos.checks.letters import (
    failures_leave_a_letter,
    letters_can_be_answered,
    letters_tell_the_truth,
    unreadable_messages_are_kept,
)
from tests.chaos.checks.limits import places_are_kept, rates_are_kept, urgent_work_comes_first
from tests.chaos.checks.media import (
    media_can_be_read,
    pictures_are_made_once,
    pictures_have_their_files,
    speech_is_recorded_once,
)
from tests.chaos.checks.outcomes import (
    dispatches_follow_each_other,
    history_belongs_to_tasks,
    one_end_per_generation,
    sweeps_are_few,
)
from tests.chaos.checks.repetitions import nothing_runs_twice_without_cause
from tests.chaos.checks.retention import (
    nothing_is_cleaned_before_its_time,
    what_is_kept_for_no_time_is_gone,
    what_was_cleaned_is_gone,
)
from tests.chaos.checks.schedules import (
    due_times_fire_once,
    no_due_time_is_missed,
    nothing_fires_too_early,
)
from tests.chaos.checks.services import (
    services_are_asked,
    services_do_not_fail,
    the_writes_got_through,
    writes_are_kept,
    writes_have_tasks,
)
from tests.chaos.checks.syncing import (
    everything_is_in_step,
    nothing_is_applied_twice,
    the_chatbot_equals_the_gateway,
)
from tests.chaos.checks.unique_keys import unique_keys_are_unique
from tests.chaos.checks.violation import Check, Violation
from tests.chaos.evidence.model import Evidence

CHECKS: tuple[Check, ...] = (
    accepted_tasks_exist,
    tasks_have_a_request,
    own_tasks_are_explained,
    generations_are_asked_for,
    bulk_actions_are_asked_for,
    bulk_actions_keep_to_their_filter,
    bulk_cancels_leave_nothing_out,
    bulk_retries_leave_nothing_out,
    letters_are_resolved_on_demand,
    descendants_are_there,
    descendants_are_what_they_should_be,
    failures_state_no_facts,
    children_are_asked_for,
    the_cancelled_ask_for_nothing,
    batches_are_whole,
    batches_end_as_their_members,
    callbacks_come_once,
    callbacks_tell_the_truth,
    members_end_with_their_batch,
    tasks_have_ended,
    tasks_have_the_right_end,
    results_are_whole,
    attempts_keep_to_the_budget,
    one_end_per_generation,
    dispatches_follow_each_other,
    sweeps_are_few,
    history_belongs_to_tasks,
    failures_leave_a_letter,
    letters_tell_the_truth,
    unreadable_messages_are_kept,
    letters_can_be_answered,
    effects_are_single,
    successes_have_their_effects,
    nothing_is_done_after_a_cancellation,
    confirmed_cancellations_stand,
    cancellations_take_hold,
    executions_belong_to_tasks,
    outcomes_have_executions,
    nothing_runs_twice_without_cause,
    nothing_runs_before_its_time,
    nothing_starts_too_late,
    due_times_fire_once,
    nothing_fires_too_early,
    no_due_time_is_missed,
    dispatches_run_a_few_times,
    rates_are_kept,
    places_are_kept,
    unique_keys_are_unique,
    urgent_work_comes_first,
    tasks_start_in_time,
    the_load_got_through,
    the_system_comes_to_rest,
    tasks_have_their_file,
    rows_have_their_content,
    clean_ups_are_asked_for,
    clean_ups_are_done,
    uploads_go_unless_they_are_named,
    nothing_is_cleaned_before_its_time,
    what_is_kept_for_no_time_is_gone,
    what_was_cleaned_is_gone,
    erasures_are_done,
    nothing_of_the_erased_is_left,
    nothing_without_owner_is_left,
    nothing_is_on_its_way,
    queues_are_empty,
    nothing_is_quarantined,
    writes_have_tasks,
    writes_are_kept,
    the_writes_got_through,
    services_are_asked,
    services_do_not_fail,
    index_is_followed,
    the_index_equals_the_catalogue,
    everything_is_in_step,
    the_chatbot_equals_the_gateway,
    nothing_is_applied_twice,
    domain_tasks_are_asked_for,
    domain_tasks_end_well,
    speech_is_recorded_once,
    pictures_are_made_once,
    pictures_have_their_files,
    media_can_be_read,
    books_are_kept,
    books_follow_their_tasks,
    books_are_recorded_once,
    books_have_their_tasks,
)


def violations(evidence: Evidence) -> list[Violation]:
    """Everything that all checks find."""
    return [violation for check in CHECKS for violation in check(evidence)]
