"""What customers have read: books of a few sentences, some with pictures, some read again."""

import hashlib
from collections.abc import Iterator
from random import Random

from tests.chaos.load.writes.known import Known
from tests.chaos.load.writes.writer import Write

_URL = "/api/v1/books"
_WEIGHTS = {"read": 60, "locate": 20, "again": 10, "remove": 10}
_CHAPTERS = ("One", "Two", "Three")
#: Each is worth a picture.
_SENTENCES = (
    "The old harbour lay under a heavy grey sky, and wet nets hung along the crooked stone wall.",
    "A tall woman in a faded green coat stood at the end of the pier with a lantern in her hand.",
    "A narrow path led through the dark pine forest to a ruined tower covered with yellow ivy.",
    "On the window sill of the low white cottage stood a small wooden ship with torn white sails.",
)
_MODES = ("SINGLE", "PARALLEL", "ENSEMBLE")
_CANCELLED, _ILLUSTRATED = 0.15, 0.3


def book_writes(random: Random, known: Known, *, illustrated: bool) -> Iterator[Write]:
    """What a customer asks for, one after the other, without an end.

    `illustrated`: whether there is somebody who paints.
    """
    while True:
        book = known.one(random)
        action = random.choices([*_WEIGHTS], [*_WEIGHTS.values()])[0]
        keyed = random.random() < 0.3
        if book is None or action == "read":
            yield _read(random, keyed=keyed, illustrated=illustrated)
        elif action == "locate":
            path, count = f"{_URL}/{book}/locations", {"locations_count": random.randint(2, 50)}
            yield Write("books", "locate", "POST", path, book, json=count, keyed=keyed)
        elif action == "again":
            yield Write("books", "again", "POST", f"{_URL}/{book}/start", book, keyed=keyed)
        else:
            yield Write("books", "remove", "DELETE", f"{_URL}/{book}", book, keyed=keyed)


def _read(random: Random, *, keyed: bool, illustrated: bool) -> Write:
    user, count = f"reader-{random.getrandbits(48):x}", random.randint(1, len(_CHAPTERS))
    chapters = (f"Chapter {name}\n\n{_words(random)}" for name in _CHAPTERS[:count])
    file = "\n\n".join(chapters).encode()
    illustrate = random.randint(1, 2) if illustrated and random.random() < _ILLUSTRATED else 0
    form = {
        "title": f"A walk, for {user}", "user_id": user, "language": "en",
        "mode": random.choice(_MODES), "illustrate": str(illustrate), "locations_count": "20",
    }  # fmt: skip
    said = {
        "user": user, "sha256": hashlib.sha256(file).hexdigest(), "chapters": count,
        "illustrate": illustrate,
    }  # fmt: skip
    return Write(
        "books", "read", "POST", _URL, None, said, file=file, form=form, keyed=keyed,
        cancel_after=round(random.uniform(0, 8), 2) if random.random() < _CANCELLED else None,
    )  # fmt: skip


def _words(random: Random) -> str:
    some = random.sample(_SENTENCES, random.randint(1, 3))
    return " ".join([*some, f"He had counted {random.getrandbits(40)} gulls."])
