"""Which words show something: lemmas by group, read from the files of `lexicon/`."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from nlp_worker.analysis import Language

#: Groups of nouns, one for each type of description; `action` is one of verbs.
CONCRETE = ("location", "character", "atmosphere", "object")


@cache
def groups(language: Language) -> Mapping[str, frozenset[str]]:
    """The groups of each lemma."""
    found: dict[str, set[str]] = {}
    group = ""
    file = resources.files("nlp_worker") / "lexicon" / f"{language}.txt"
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("["):
            group = line.strip("[] ")
        elif line and not line.startswith("#"):
            for lemma in line.split():
                found.setdefault(lemma.replace("ё", "е"), set()).add(group)
    return {lemma: frozenset(of) for lemma, of in found.items()}


def groups_of(lemma: str, language: Language) -> frozenset[str]:
    """The groups of a lower-case lemma; empty for most words."""
    return groups(language).get(lemma.replace("ё", "е"), frozenset())
