"""What the overview shows, row by row: is anybody waiting, what fails, what is full."""

from dataclasses import dataclass
from typing import Literal

Look = Literal["stat", "timeseries"]


@dataclass(frozen=True, slots=True)
class Panel:
    """A question to Prometheus; `queries` are pairs of an expression and its legend."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    about: str = ""
    look: Look = "timeseries"
    #: From which value on it is shown in amber and in red.
    warn: float | None = None
    alarm: float | None = None


def _rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"


def _quantile(share: float, metric: str, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, {_rate(f'{metric}_bucket', labels)})"


def _or_zero(expression: str) -> str:
    """For what a healthy system does not have: a line at 0 instead of "no data"."""
    return f"{expression} or vector(0)"


def _stat(
    title: str,
    unit: str,
    expression: str,
    about: str,
    warn: float | None = None,
    alarm: float | None = None,
) -> Panel:
    return Panel(title, unit, ((expression, ""),), about, "stat", warn, alarm)


def _quantiles(metric: str) -> tuple[tuple[str, str], ...]:
    return tuple((_quantile(share, metric), f"p{share * 100:g}") for share in (0.5, 0.95, 0.99))


_HITS = 'warren_cache_lookups_total{result="hit"}'
_NOW = (
    _stat(
        *("Oldest live task", "s", "max(warren_oldest_live_task_seconds)"),
        "Accepted so long ago, and due or under way: the promise at risk.",
        *(300, 3600),
    ),
    _stat(
        *("Due rows", "short", 'max(warren_outbox_rows{state="due"})'),
        "Tasks that could be published now. They wait for workers, their turn or a limit.",
    ),
    _stat(
        *("Oldest due row", "s", "max(warren_outbox_oldest_due_seconds)"),
        "If it grows, the relay or the broker does not take rows, or workers are missing.",
        *(60, 600),
    ),
    _stat(
        *("Recorder lag", "s", "max(warren_recorder_lag_seconds)"),
        "How old the statuses were that were recorded last.",
        *(10, 60),
    ),
    _stat(
        *("Dead letters", "short", _or_zero("sum(max by (source) (warren_dead_letters_open))")),
        "Not resolved yet: docs/runbooks/dead-letters.md.",
        *(1, 100),
    ),
    _stat(
        *("Alerts", "short", _or_zero("sum(max by (name) (warren_alerts_open))")),
        "That stand: GET /api/v1/alerts.",
        *(1, 1),
    ),
    _stat(*("Workers", "short", "sum(max by (service) (warren_workers))"), "Processes that beat."),
    _stat(
        *("Database", "short", "min(warren_database_up)"),
        "1 while the housekeeper reaches it.",
    ),
)

_TASKS = (
    Panel(
        *("Accepted", "ops", ((_rate("warren_tasks_submitted_total", "kind"), "{{kind}}"),)),
        "Tasks a second, by kind.",
    ),
    Panel(
        *("Ended", "ops", ((_rate("warren_tasks_finished_total", "outcome"), "{{outcome}}"),)),
        "Tasks a second, by how they ended.",
    ),
    Panel(
        "Share that fails",
        "percentunit",
        (
            (
                _or_zero(
                    'sum(rate(warren_tasks_finished_total{outcome="failed"}[$__rate_interval]))'
                    " / sum(rate(warren_tasks_finished_total[$__rate_interval]))"
                ),
                "failed",
            ),
        ),
        "Of the tasks that ended.",
    ),
    Panel(
        *("From acceptance to start", "s", _quantiles("warren_task_queue_wait_seconds")),
        "Delays that were asked for count, too.",
    ),
    Panel(
        "Run time",
        "s",
        ((_quantile(0.95, "warren_run_seconds", "kind"), "{{kind}}"),),
        "95 % of the runs are shorter.",
    ),
    Panel(
        "From acceptance to end",
        "s",
        ((_quantile(0.95, "warren_task_end_to_end_seconds", "kind"), "{{kind}}"),),
        "95 % of the tasks are faster; retries and waits count.",
    ),
)

_HTTP = (
    Panel(
        "Requests",
        "reqps",
        ((_rate("warren_http_requests_total", "status"), "{{status}}"),),
        "By status; 0: the client left first.",
    ),
    Panel(
        "Answer time by route",
        "s",
        ((_quantile(0.95, "warren_http_request_seconds", "route"), "{{route}}"),),
        "95 % are faster. Requests that wait for an end (Prefer: wait) count.",
    ),
    Panel(
        "Open",
        "short",
        (
            ("sum(warren_http_requests_open)", "requests"),
            ("sum(warren_waiting_requests)", "wait for an end"),
        ),
    ),
)

_SATURATION = (
    Panel(
        "Busy slots",
        "percentunit",
        (
            (
                'sum by (service) (warren_slots{state="busy"}) / sum by (service) (warren_slots)',
                "{{service}}",
            ),
        ),
        "Of all slots of a service. At 1 its tasks wait.",
    ),
    Panel(
        "Tasks by queue",
        "short",
        (("max by (queue, state) (warren_queue_tasks)", "{{queue}} {{state}}"),),
        "due and delayed are rows; published and running are in the broker or a worker.",
    ),
    Panel(
        "Oldest due row by queue",
        "s",
        (("max by (queue) (warren_queue_oldest_due_seconds)", "{{queue}}"),),
    ),
    Panel(
        "Wait for dispatch",
        "s",
        (
            (
                _quantile(0.95, "warren_dispatch_wait_seconds", "lane, limited"),
                "{{lane}} {{limited}}",
            ),
        ),
        "From due to published. `yes`: limited by rate or number at a time.",
    ),
    Panel(
        "Memory",
        "bytes",
        (("max by (job) (warren_memory_bytes)", "{{job}}"),),
        "Of the largest process of a service, with its children.",
    ),
    Panel(
        "CPU",
        "percent",
        (("sum by (job) (warren_cpu_percent)", "{{job}}"),),
        "Of one core, all processes of a service.",
    ),
)

_RELIABILITY = (
    Panel(
        "Retries by cause",
        "ops",
        ((_or_zero(_rate("warren_task_retries_total", "cause")), "{{cause}}"),),
    ),
    Panel(
        "Runs put off by reason",
        "ops",
        ((_or_zero(_rate("warren_task_waits_total", "reason")), "{{reason}}"),),
    ),
    Panel(
        "New dead letters",
        "ops",
        ((_or_zero(_rate("warren_dead_letters_total", "source")), "{{source}}"),),
    ),
    Panel(
        "Suspects",
        "short",
        (
            ("sum(warren_suspects_running)", "running"),
            (
                _or_zero(
                    "sum by (kind, outcome) (increase(warren_suspects_total[$__rate_interval]))"
                ),
                "{{kind}} {{outcome}}",
            ),
        ),
        "Runs that may kill their process, each alone in a child made for it.",
    ),
    Panel(
        *("Broker's confirm", "s", _quantiles("warren_publish_confirm_seconds")),
        "The oldest message of each confirm.",
    ),
    Panel(
        "Broker's connections",
        "ops",
        (
            ("sum(warren_broker_connections)", "open"),
            ("sum(increase(warren_broker_connections_lost_total[$__rate_interval]))", "lost"),
        ),
    ),
    Panel(
        "Recorder",
        "s",
        (
            (_quantile(0.95, "warren_recorder_batch_seconds"), "p95 of a batch"),
            ("max(warren_recorder_lag_seconds)", "lag"),
        ),
    ),
    Panel(
        "Set aside",
        "ops",
        ((_or_zero(_rate("warren_recorder_set_aside_total", "queue")), "{{queue}}"),),
        "Messages that no recorder could record: quarantined_status.",
    ),
    Panel(
        "Scheduler",
        "s",
        (("max(warren_scheduler_lag_seconds)", "lag"),),
        "How late the longest overdue time was.",
    ),
    Panel(
        "Providers left alone",
        "short",
        ((_or_zero("max by (provider) (warren_circuit_open)"), "{{provider}}"),),
        "docs/runbooks/providers.md",
    ),
    Panel(
        "Downstream",
        "short",
        (("min by (service, downstream) (warren_downstream_up)", "{{service}}: {{downstream}}"),),
        "1 while what a service calls over HTTP answers. Without any such service, no data.",
    ),
)

_DOMAINS = (
    Panel(
        "Made",
        "ops",
        ((_rate("warren_output_total", "kind, unit"), "{{kind}}: {{unit}}"),),
        "What successful runs made a second: seconds of audio, descriptions, pictures.",
    ),
    Panel(
        "Indexed documents",
        "ops",
        ((_rate("warren_indexed_documents_total", "outcome"), "{{outcome}}"),),
    ),
    Panel(
        "Search",
        "s",
        ((_quantile(0.95, "warren_search_seconds", "mode"), "{{mode}}"),),
        "95 % of the questions are answered faster.",
    ),
    Panel(
        "Not in step",
        "short",
        (
            (
                'max by (domain, state) (warren_sync_items{state=~"pending|failed"})',
                "{{domain}} {{state}}",
            ),
        ),
        "Items that the index or the chatbot has not followed yet.",
    ),
    Panel(
        "Backlog by customers",
        "short",
        (
            (
                _or_zero("topk(8, max by (domain, bucket) (warren_sync_backlog) > 0)"),
                "{{domain}} …{{bucket}}",
            ),
        ),
        "What is not in step, by the last digit of the customer's id: one line that stands out is"
        " one customer's.",
    ),
    Panel(
        "Cache hits",
        "percentunit",
        (
            (
                f"{_rate(_HITS, 'cache')} / {_rate('warren_cache_lookups_total', 'cache')}",
                "{{cache}}",
            ),
        ),
    ),
    Panel(
        "Loading models",
        "s",
        (("max by (kind) (warren_model_load_seconds)", "{{kind}}"),),
        "How long it took last, before the first job.",
    ),
)

ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    ("Now", _NOW),
    ("Tasks", _TASKS),
    ("HTTP", _HTTP),
    ("Saturation", _SATURATION),
    ("Reliability", _RELIABILITY),
    ("Domains", _DOMAINS),
)
