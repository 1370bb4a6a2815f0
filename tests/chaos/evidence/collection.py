"""Puts the witnesses' accounts together."""

from collections.abc import Mapping
from pathlib import Path

from tests.chaos.evidence.database import read_database
from tests.chaos.evidence.descent import batches_by_id, batches_of_clients, descents
from tests.chaos.evidence.domains_reading import read_domains
from tests.chaos.evidence.erasure import erased_customers, read_erased
from tests.chaos.evidence.logs import (
    read_demands,
    read_duplicates,
    read_effects,
    read_executions,
    read_expired,
    read_faults,
    read_garbage,
    read_killed_slots,
    read_requests,
    read_sink,
    read_spawns,
    read_uploads,
)
from tests.chaos.evidence.model import Evidence
from tests.chaos.evidence.services_reading import read_services
from tests.chaos.evidence.store import read_files, read_manifests, read_trash
from tests.chaos.plan import ChaosFolder


def collect(
    folder: ChaosFolder,
    database_url: str,
    artifacts: Path,
    queues: Mapping[str, int],
    rest: float | None = 0.0,
) -> Evidence:
    """All evidence of a run that is at rest, which took so many seconds (None: it never was)."""
    rows = read_database(database_url)
    gone = erased_customers(folder.client_log)
    requests = read_requests(folder.client_log)
    by_id = {request.id: request for request in requests}
    asked = {t.id: by_id[t.request] for t in rows.tasks.values() if t.request in by_id}
    opened = batches_of_clients(requests, rows.members, rows.tasks)
    return Evidence(
        requests=requests,
        tasks=rows.tasks,
        history=rows.history,
        artifacts=rows.artifacts,
        live=rows.live,
        quarantined=rows.quarantined,
        executions=read_executions(folder.effect_log, gone),
        faults=read_faults(folder.fault_log),
        killed_slots=read_killed_slots(folder.fault_log),
        duplicates=read_duplicates(folder.fault_log),
        files=read_files(artifacts),
        trash=read_trash(artifacts),
        manifests=read_manifests(artifacts),
        expired=read_expired(folder.client_log),
        erased=read_erased(folder, database_url),
        uploads=read_uploads(folder.client_log),
        queues=queues,
        demands=read_demands(folder.client_log),
        letters=rows.letters,
        fires=rows.fires,
        effects=read_effects(folder.effect_log, gone),
        sink=read_sink(folder.sink),
        batches=batches_by_id(rows.batches),
        members={member.task: member for member in rows.members},
        spawns=read_spawns(folder.effect_log, gone),
        descents=descents(rows.tasks, asked, opened),
        opened=opened,
        garbage=read_garbage(folder.fault_log),
        services=read_services(folder, database_url),
        domains=read_domains(database_url, artifacts, rows.artifacts),
        rest=rest,
    )
