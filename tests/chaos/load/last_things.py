"""At rest: schedules end, and every kind of dead letter is answered once more."""

from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.chaos.journal import Journal
from tests.chaos.load.asking import Asker, Gateways
from tests.chaos.load.schedules import end_schedules
from tests.chaos.plan import ChaosPlan

_LETTERS = "/api/v1/dead-letters"
#: Letters of each kind and source; those that kill workers again are fewer.
_SAMPLE, _SAMPLE_OF_POISON = 6, 1


def bring_to_an_end(plan: ChaosPlan, urls: Sequence[str], api_key: str, journal: Journal) -> None:
    """End the schedules, replay a sample of the open letters, discard what is unreadable."""
    random = Random(f"{plan.seed} last letters")
    gateways = Gateways(urls, api_key)
    asker = Asker(gateways, journal, random)
    try:
        end_schedules(asker)
        for letter in _chosen(_open_letters(asker), random):
            _answer(asker, letter)
    finally:
        gateways.close()


def _open_letters(asker: Asker) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path: str | None = f"{_LETTERS}?limit=200"
    while path is not None:
        page = asker.get(path)
        if page is None:
            break
        found += page["items"]
        cursor = page["next_cursor"]
        path = f"{_LETTERS}?limit=200&cursor={cursor}" if cursor else None
    return [letter for letter in found if not letter["moot"]]


def _chosen(letters: Sequence[dict[str, Any]], random: Random) -> list[dict[str, Any]]:
    groups: dict[tuple[str | None, str], list[dict[str, Any]]] = defaultdict(list)
    for letter in letters:
        groups[letter["kind"], letter["source"]].append(letter)
    chosen = []
    for (kind, _), group in groups.items():
        most = _SAMPLE_OF_POISON if "poison" in (kind or "") else _SAMPLE
        chosen += random.sample(group, min(most, len(group)))
    return chosen


def _answer(asker: Asker, letter: dict[str, Any]) -> None:
    path = f"{_LETTERS}/{letter['id']}"
    about = {"letter": letter["id"], "task": letter["task_id"]}
    if letter["source"] != "undecodable":
        asker.ask("final-replay", f"{path}/replay", **about)
        return
    shown = asker.get(path)
    if shown is not None and (shown["message"] is not None or shown["message_base64"]):
        asker.ask("final-discard", f"{path}/discard", {"reason": "nobody can read it"}, **about)
    else:
        asker.ask("final-show", path, **about)
