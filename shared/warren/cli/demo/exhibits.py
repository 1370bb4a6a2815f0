"""What a step has to show; files are named relative to the demonstration's folder."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Audio:
    """A text that was spoken."""

    title: str
    language: str
    text: str
    file: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """One picture, or the one before beside the one after; pairs of a label and a file."""

    title: str
    caption: str
    files: tuple[tuple[str, str], ...]
    #: Shown over the whole width.
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A description that was found in a book, and its picture if it has one."""

    text: str
    type: str
    score: float
    voters: tuple[str, ...]
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """A book and the best of what was found in it; facts are pairs of a number and a label."""

    title: str
    file: str
    facts: tuple[tuple[str, str], ...]
    passages: tuple[Passage, ...]
    #: What did not go as it should have, in words.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hits:
    """A question and what was found; pairs of a name and a price."""

    question: str
    how: str
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class InStep:
    """Something that a chatbot has now; facts are pairs of a label and a value."""

    title: str
    text: str
    facts: tuple[tuple[str, str], ...]


Exhibit = Audio | Pictures | Book | Hits | InStep


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step: `summary` in some words, and where the result lies."""

    summary: str
    where: str
    exhibits: tuple[Exhibit, ...] = ()
    #: For the steps that go on with it: ids of artifacts by name.
    artifacts: dict[str, str] = field(default_factory=dict)
