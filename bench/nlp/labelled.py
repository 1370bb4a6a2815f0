"""The labelled sentences (labelled/README.md): two thirds to choose by, a third held out."""

from dataclasses import dataclass
from pathlib import Path

from nlp_worker.analysis import Language, Sentence
from nlp_worker.service.sentences import sentences_of

FOLDER = Path(__file__).parent / "labelled"
LANGUAGES: tuple[Language, ...] = ("ru", "en")
#: Every so-many-th line.
_HELD_OUT = 3


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence and its label: a type of description or `none`."""

    sentence: Sentence
    label: str
    held_out: bool

    @property
    def described(self) -> bool:
        """Whether it is a description."""
        return self.label != "none"


def labelled(language: Language) -> list[Labelled]:
    """All sentences of a language."""
    found = []
    lines = (FOLDER / f"{language}.tsv").read_text("utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        label, _, text = line.partition("\t")
        words = [word for part in sentences_of(text, language) for word in part.words]
        sentence = Sentence(text, 0, len(text), words)
        found.append(Labelled(sentence, label, number % _HELD_OUT == 0))
    return found
