"""What customers have painted, repainted and worked on: small pictures, some deleted afterwards."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from importlib.resources import files
from random import Random
from typing import Any

from PIL import Image

from tests.chaos.evidence.descent import derived_id
from tests.chaos.load.writes.known import Known
from tests.chaos.load.writes.writer import Write

_URL = "/api/v1/images"
_WEIGHTS = {
    "paint": 50, "restyle": 30, "upload": 5, "remove": 15,
    # With networks in native code: seconds of a core each, when the first comes.
    "enhance": 3, "cut_out": 3, "swap": 3,
}  # fmt: skip
_STYLES = ("oil", "ink", "sepia", "poster", "pixel_art")
_FORMATS = ("png", "jpeg", "webp")
_SIDE = 64
#: Of drawn people: in smaller ones no face might be found.
_PORTRAITS, _PORTRAIT_SIDE = ("anna", "boris"), 160
_NOISE = 0.05
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
            case "enhance" if upload is not None:
                body = {"image": upload, "scale": 2, "denoise": random.choice([0.0, 0.5])}
                yield _worked_on("enhance", "enhance", body, random, keyed=keyed)
            case "cut_out" if upload is not None:
                body = {"image": upload, "background": "navy"}
                yield _worked_on("cut_out", "remove-background", body, random, keyed=keyed)
            case "swap" if upload is not None:
                body = {"image": upload, "target_image": uploads.one(random)}
                yield _worked_on("swap", "swap-face", body, random, keyed=keyed)
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
    strength = random.choice([0.5, 1.0])
    body = {"image": upload, "style": random.choice(_STYLES), "strength": strength}
    return _worked_on("restyle", "transfer-style", body, random, keyed=keyed)


def _worked_on(
    action: str, path: str, body: Mapping[str, Any], random: Random, *, keyed: bool
) -> Write:
    user = f"{action}-{random.getrandbits(48):x}"
    asked = {**body, "user_id": user, "output_format": random.choice(_FORMATS)}
    return Write(
        "pictures", action, "POST", f"{_URL}/{path}", None, {"user": user}, asked, keyed=keyed
    )  # fmt: skip


def _uploaded(random: Random) -> Write:
    """Somebody who was drawn, behind noise that makes each upload another one."""
    drawn = files("warren.cli.demo") / "files" / f"{random.choice(_PORTRAITS)}.webp"
    size = (_PORTRAIT_SIDE, _PORTRAIT_SIDE)
    portrait = Image.open(io.BytesIO(drawn.read_bytes())).convert("RGB").resize(size)
    noise = Image.frombytes("RGB", size, random.randbytes(3 * _PORTRAIT_SIDE**2))
    file = io.BytesIO()
    Image.blend(portrait, noise, _NOISE).save(file, "PNG")
    said = {"sha256": hashlib.sha256(file.getvalue()).hexdigest()}
    return Write(
        "pictures", "upload", "POST", "/api/v1/artifacts", None, said, file=file.getvalue(),
        query={"name": "portrait.png"},
    )  # fmt: skip


def _some_seconds(random: Random) -> float:
    return round(random.uniform(0, random.choice([0.5, 5.0])), 2)
