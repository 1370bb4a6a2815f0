"""One picture for each operation."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from warren.cli.demo.client import DemoFailed
from warren.cli.demo.exhibits import Outcome, Pictures
from warren.cli.demo.step import Bench
from warren.cli.demo.texts import PROMPTS

_WEBP = "image/webp"
_GENERATED, _THUMBNAIL = "picture", "thumbnail"


@dataclass(frozen=True, slots=True)
class Generate:
    """A picture of what a text says."""

    title: str = "Generate a picture"
    domain: str = "pictures"
    process: str = "image-worker"

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """Ask for it, with a seed, so that it is the same every time."""
        prompt = PROMPTS["generate"]
        body = {"prompt": prompt, "width": 768, "height": 432, "seed": 7}
        made = bench.task("/api/v1/images/generate", body)
        file = bench.saved(made["artifact_id"], "generated.png")
        who = made["metadata"]["provider"]
        shown = Pictures("Generated", f"“{prompt}” — provider: {who}", ((prompt, file),), wide=True)
        summary = f"{made['metadata']['size']} by the {who} renderer"
        made_here = {_GENERATED: made["artifact_id"], _THUMBNAIL: made["thumbnail_id"]}
        return Outcome(summary, file, (shown,), made_here)


@dataclass(frozen=True, slots=True)
class Restyle:
    """The generated picture as a painting."""

    title: str = "Repaint it"
    domain: str = "pictures"
    process: str = "image-worker"

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """In watercolour."""
        body = {"image": _picture(before, self.process), "style": "watercolour"}
        made = bench.task("/api/v1/images/transfer-style", body)
        file = bench.saved(made["artifact_id"], "restyled.png")
        shown = Pictures("Repainted", "in watercolour", (("watercolour", file),))
        return Outcome("watercolour", file, (shown,), _artifacts(before))


@dataclass(frozen=True, slots=True)
class Enlarge:
    """The thumbnail of the generated picture, four times as wide and high."""

    title: str = "Enlarge it"
    domain: str = "pictures"
    process: str = "image-worker"

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """By four."""
        small = _picture(before, self.process, _THUMBNAIL)
        body = {"image": small, "scale": 4}
        made = bench.task("/api/v1/images/enhance", body)
        file = bench.saved(made["artifact_id"], "enlarged.png")
        size = made["metadata"]["size"]
        shown = Pictures("Enlarged", f"its thumbnail, to {size}", (("enlarged", file),))
        return Outcome(f"to {size}", file, (shown,), _artifacts(before))


@dataclass(frozen=True, slots=True)
class CutOut:
    """A portrait without its background."""

    title: str = "Remove a background"
    domain: str = "pictures"
    process: str = "image-worker"

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """On transparency."""
        portrait = _portrait(bench, "anna")
        made = bench.task("/api/v1/images/remove-background", {"image": portrait})
        file = bench.saved(made["artifact_id"], "cut-out.png")
        pair = (("before", "anna.webp"), ("after", file))
        shown = Pictures("Cut out", "full-resolution transparency", pair)
        return Outcome("on transparency", file, (shown,))


@dataclass(frozen=True, slots=True)
class SwapFaces:
    """One drawn person's face in the place of another's."""

    title: str = "Swap a face"
    domain: str = "pictures"
    process: str = "image-worker"

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """Hers in his picture."""
        body = {"image": _portrait(bench, "anna"), "target_image": _portrait(bench, "boris")}
        made = bench.task("/api/v1/images/swap-face", body)
        file = bench.saved(made["artifact_id"], "swapped.png")
        three = (("her face", "anna.webp"), ("his picture", "boris.webp"), ("together", file))
        shown = Pictures("Swapped", "by 468 landmarks; nobody real", three)
        found = made["metadata"]["details"].get("faces_swapped", 1)
        return Outcome(f"{found} face swapped", file, (shown,))


def _portrait(bench: Bench, name: str) -> str:
    content = (files("warren.cli.demo") / "files" / f"{name}.webp").read_bytes()
    return bench.kept(f"{name}.webp", content, _WEBP)


def _artifacts(before: Outcome | None) -> dict[str, str]:
    return before.artifacts if before is not None else {}


def _picture(before: Outcome | None, process: str, name: str = _GENERATED) -> Any:
    artifact = _artifacts(before).get(name)
    if artifact is None:
        raise DemoFailed("there is no picture to go on with", process=process)
    return artifact
