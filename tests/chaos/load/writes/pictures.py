"""What customers have painted and repainted: pictures of a few pixels, some deleted afterwards."""

import hashlib
import io
from collections.abc import Iterator
from random import Random
from typing import Any

from PIL import Image

from tests.chaos.evidence.descent import derived_id
from tests.chaos.load.writes.known import Known
from tests.chaos.load.writes.writer import Write

_URL = "/api/v1/images"
_WEIGHTS = {"paint": 50, "restyle": 30, "upload": 5, "remove": 15}
_STYLES = ("oil", "ink", "sepia", "poster", "pixel_art")
_FORMATS = ("png", "jpeg", "webp")
_SIDE = 64
_CANCELLED = 0.12


def picture_writes(random: Random, uploads: Known, tasks: Known) -> Iterator[Write]:
    """What a customer asks for, one after the other, without an end.

    `uploads` are the artifacts of uploaded pictures, `tasks` those that make pictures.
    """
    while True:
        task, upload = tasks.one(random), uploads.one(random)
        keyed = random.random() < 0.3
        match random.choices([*_WEIGHTS], [*_WEIGHTS.values()])[0]:
            case "paint":
                yield _painted(random, keyed=keyed)
            case "restyle" if upload is not None:
                yield _restyled(upload, random, keyed=keyed)
            case "remove" if task is not None:
                # Its id follows from the task; it may not be there yet, or have another format.
                name = f"image_{task}.{random.choice(_FORMATS)}"
                picture = derived_id(task, f"artifact:{name}")
                yield Write("pictures", "remove", "DELETE", f"{_URL}/{picture}", picture)
            case _:
                yield _uploaded(random)


def _painted(random: Random, *, keyed: bool) -> Write:
    user = f"painter-{random.getrandbits(48):x}"
    body: dict[str, Any] = {
        "prompt": f"a harbour with {random.randint(2, 99)} boats at dusk", "user_id": user,
        "width": _SIDE, "height": random.choice([_SIDE, 2 * _SIDE]), "n": random.choice([1, 1, 2]),
        "output_format": random.choice(_FORMATS),
    }  # fmt: skip
    return Write(
        "pictures", "paint", "POST", f"{_URL}/generate", None, {"user": user}, body, keyed=keyed,
        cancel_after=_some_seconds(random) if random.random() < _CANCELLED else None,
    )  # fmt: skip


def _restyled(upload: str, random: Random, *, keyed: bool) -> Write:
    user = f"styler-{random.getrandbits(48):x}"
    body = {
        "image": upload, "style": random.choice(_STYLES), "user_id": user,
        "strength": random.choice([0.5, 1.0]), "output_format": random.choice(_FORMATS),
    }  # fmt: skip
    path = f"{_URL}/transfer-style"
    return Write("pictures", "restyle", "POST", path, None, {"user": user}, body, keyed=keyed)


def _uploaded(random: Random) -> Write:
    pixels = Image.frombytes("RGB", (_SIDE, _SIDE), random.randbytes(3 * _SIDE * _SIDE))
    file = io.BytesIO()
    pixels.save(file, "PNG")
    said = {"sha256": hashlib.sha256(file.getvalue()).hexdigest()}
    return Write(
        "pictures", "upload", "POST", "/api/v1/artifacts", None, said, file=file.getvalue(),
        query={"name": "noise.png"},
    )  # fmt: skip


def _some_seconds(random: Random) -> float:
    return round(random.uniform(0, random.choice([0.5, 5.0])), 2)
