"""What a chaos run consists of, and where it keeps what it found."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Service:
    """A service of this repository whose jobs are in the mix, beside the chaos service.

    `queues` are the names of its queues before the lane, `programs` what runs beside its worker,
    `writes` what clients bring about its jobs by. All run once, and are disturbed as all others.
    """

    queues: tuple[str, ...]
    writes: frozenset[str]
    programs: tuple[str, ...] = ()
    #: How many jobs its worker does at once; as many as the chaos service's unless given.
    concurrency: int | None = None


#: Each of their slots is a process with models of its own.
_FEW = 2
#: By the name of the worker.
SERVICES = {
    "indexer": Service(("indexer",), frozenset({"catalogue"}), ("search-node",)),
    "sync-worker": Service(("sync",), frozenset({"documents", "faqs"}), ("chatbot",)),
    "tts-worker": Service(("tts",), frozenset({"speech"}), concurrency=_FEW),
    "nlp-worker": Service(("nlp",), frozenset({"books"}), concurrency=_FEW),
    "image-worker": Service(("image", "image.cpu"), frozenset({"pictures"}), concurrency=_FEW),
}
#: What takes long, makes files, and is asked for only now and then.
DOMAINS = frozenset({"speech", "books", "pictures"})
ALL_WRITES = tuple(sorted(name for service in SERVICES.values() for name in service.writes))


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """One run; the seed decides the load and the faults. Times in seconds."""

    seed: int
    seconds: float
    root: Path
    #: Submissions per second, all clients together.
    rate: float = 6.0
    #: The share of draws that make many at once.
    bursts: float = 0.012
    #: Seconds between two actions of the operators, each of them.
    acts_every: float = 5.0
    #: The kinds of jobs; all of the mix if there are none.
    jobs: tuple[str, ...] = ()
    #: What is written by way of services of this repository, and how often a second: that of each
    #: customer.
    writes: tuple[str, ...] = ()
    write_rate: float = 0.5
    #: Whether files are cleaned up while the load lasts, too.
    housework: bool = True
    #: Whether a customer of its own asks for things, goes, and is erased.
    erases: bool = True
    #: Of what takes long, this share of them.
    domain_share: float = 0.12
    clients: int = 6
    workers: int = 2
    gateways: int = 2
    relays: int = 2
    recorders: int = 2
    concurrency: int = 4
    #: Faults come in storms, with calm in between in which nothing excuses anything.
    storm: float = 25.0
    calm: float = 15.0
    fault_every: float = 3.0
    longest_freeze: float = 8.0
    #: Some freezes and stalls outlast heartbeats and what the database grants to transactions.
    endless_freeze: float = 0.0
    #: So long nothing may happen before what is left counts as stuck; longer than what vanished is
    #: looked for before it is issued again.
    rest_timeout: float = 120.0
    #: Disturb only what has a name that begins so.
    only: str = ""
    #: Kinds of faults; all that are possible if there are none.
    kinds: tuple[str, ...] = ()
    #: Kinds of faults that come in any case, before all others.
    first: tuple[str, ...] = ()
    #: A promise to break on purpose (tests/chaos/mutations).
    mutation: str | None = None
    #: What the programs are set to, by the names of variables.
    settings: Mapping[str, str] = field(default_factory=dict)
    #: The size of the artifact disk in bytes; 0 leaves it on the disk it is on.
    artifact_disk: int = 0
    #: Whether that is a disk of its own; else the store refuses what would make it larger.
    mounts_disk: bool = True

    @property
    def services(self) -> dict[str, Service]:
        """Those whose jobs are in this run."""
        return {name: item for name, item in SERVICES.items() if item.writes & {*self.writes}}

    @property
    def service_programs(self) -> list[str]:
        """Their workers, and what runs beside these."""
        services = self.services
        return [*services, *(name for service in services.values() for name in service.programs)]


@dataclass(frozen=True, slots=True)
class ChaosFolder:
    """Everything of one run lies in `path`: the stack with its logs, and the evidence."""

    path: Path

    def renew(self) -> None:
        """Make it, without what an earlier run has left there."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True, exist_ok=True)

    @property
    def client_log(self) -> Path:
        """What clients asked for, and what they were answered."""
        return self.path / "client.jsonl"

    @property
    def left_log(self) -> Path:
        """The same of the customer who goes and is erased."""
        return self.path / "left.jsonl"

    @property
    def effect_log(self) -> Path:
        """Every execution, written by the jobs themselves."""
        return self.path / "effects.jsonl"

    @property
    def sink(self) -> Path:
        """What the jobs write to outside: an empty file for each key."""
        return self.path / "sink"

    @property
    def fault_log(self) -> Path:
        """What was done to the system, and when."""
        return self.path / "faults.jsonl"

    @property
    def index(self) -> Path:
        """The embedded search index: a folder for each kind of items."""
        return self.path / ".warren" / "search"

    @property
    def chatbot(self) -> Path:
        """The reference chatbot's database."""
        return self.path / ".warren" / "chatbot" / "chatbot.sqlite3"

    @property
    def stack_log(self) -> Path:
        """What the stack said about its processes."""
        return self.path / "stack.log"

    @property
    def report(self) -> Path:
        """The summary and every violation with its evidence."""
        return self.path / "report.txt"
