"""The pictures of docs/howto/pictures.md: python -m bench.images.sheet docs/pictures"""

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bench.images.samples import Picture, composite, landscape, resized
from image_worker.adapters.face_finder import MeshFaceFinder
from image_worker.adapters.span_enlarger import SpanEnlarger
from image_worker.adapters.u2net_cutter import U2netCutter
from image_worker.service.cutting_out import (
    CutOut,
    alpha_of,
    on_colour,
    on_picture,
    without_background_colours,
)
from image_worker.service.restyling import in_colours_of
from image_worker.service.styles import STYLES
from image_worker.service.swapping_faces import swap
from tests.unit.image_worker.faces import DARK, FAIR, portrait

PROMPTS = (
    "a castle above a lake at golden hour, autumn",
    "city at night",
    "корабль в море на закате",
    "a lighthouse at dusk",
    "a village church in the morning mist",
    "con đường trong rừng, sương mù",
    "a traveller by a campfire under the stars",
    "зимняя деревня на закате, снег",
    "northern lights over a mountain lake",
)
_SIDE = 240


def main(folder: Path) -> None:
    """Write both sheets."""
    folder.mkdir(parents=True, exist_ok=True)
    painted = [resized(landscape(prompt, 512, 512), _SIDE, _SIDE) for prompt in PROMPTS]
    _write(folder / "painted.webp", painted, across=3)
    _write(folder / "styles.webp", [_styled(style) for style in STYLES], across=3)
    _write(folder / "operations.webp", [*_swapped(), *_cut_out(), *_enlarged()], across=3)


def _write(path: Path, pictures: list[Picture], across: int) -> None:
    rows = [np.hstack(pictures[i : i + across]) for i in range(0, len(pictures), across)]
    Image.fromarray(np.vstack(rows)).save(path, "WEBP", quality=72, method=6)


def _styled(style: str) -> Picture:
    by_name = {str(name): change for name, change in STYLES.items()}
    return resized(by_name[str(style)](landscape(PROMPTS[0], 512, 512)), _SIDE, _SIDE)


def _swapped() -> list[Picture]:
    finder = MeshFaceFinder(thread_count=1)
    source, target = portrait(FAIR, 480), portrait(DARK, 480)
    done = swap(
        source,
        finder.find(source)[0],
        target,
        finder.find(target),
        0.8,
        lambda percent, message: None,
    )
    return [resized(each, _SIDE, _SIDE) for each in (source, target, done)]


def _cut_out() -> list[Picture]:
    picture, _ = composite(FAIR, PROMPTS[0], 480)
    alpha = alpha_of(picture, U2netCutter(thread_count=1).subject(picture), "image")
    cut = CutOut(without_background_colours(picture, alpha), alpha)
    flat, other = on_colour(cut, (236, 232, 222)), on_picture(cut, landscape(PROMPTS[8], 512, 512))
    return [resized(each, _SIDE, _SIDE) for each in (picture, flat, other)]


def _enlarged() -> list[Picture]:
    whole = landscape(PROMPTS[0], 512, 512)
    part = resized(whole, 256, 256)[90:150, 60:120]
    large = SpanEnlarger(thread_count=1).enlarge(np.ascontiguousarray(part), 4, lambda a, b: None)
    bicubic = cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
    recoloured = in_colours_of(whole, landscape(PROMPTS[2], 512, 512))
    return [np.asarray(bicubic, np.uint8), large, resized(recoloured, _SIDE, _SIDE)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
