"""How good the pictures are, where that can be counted."""

from collections.abc import Iterator

import cv2
import numpy as np

from bench.images.samples import LOOKS, Picture, composite, landscape, resized
from image_worker.adapters.face_finder import MeshFaceFinder
from image_worker.adapters.span_enlarger import SpanEnlarger
from image_worker.adapters.u2net_cutter import U2netCutter
from image_worker.service.cutting_out import alpha_of
from image_worker.service.restyling import in_colours_of
from image_worker.service.swapping_faces import eye_distance, swap
from tests.unit.image_worker.faces import DARK, FAIR, portrait

_PROMPTS = (
    "a castle above a lake at golden hour, autumn",
    "a city at night",
    "a forest in the mist",
    "a village under snow at sunset",
    "a ship on the sea by day",
)


def quality() -> Iterator[str]:
    """A row of a table for each measure."""
    yield _masks()
    for scale in (2, 4):
        yield from _enlarging(scale)
    yield _landmarks()
    yield _colours()


def _masks() -> str:
    cutter = U2netCutter(thread_count=1)
    refined, coarse = [], []
    for look in LOOKS:
        for prompt in _PROMPTS:
            picture, truth = composite(look, prompt, 512)
            mask = cutter.subject(picture)
            refined.append(_overlap(alpha_of(picture, mask, "image") > 127, truth))
            plain = cv2.resize(mask, (512, 512), interpolation=cv2.INTER_CUBIC)
            coarse.append(_overlap(np.asarray(plain) > 127, truth))
    return (
        f"| masks of {len(refined)} composites: intersection over union, mean | "
        f"{np.mean(refined):.3f} | {np.mean(coarse):.3f} (the network's mask, enlarged) |"
    )


def _overlap(found: np.ndarray, truth: np.ndarray) -> float:
    return float((found & truth).sum() / (found | truth).sum())


def _enlarging(scale: int) -> Iterator[str]:
    enlarger = SpanEnlarger(thread_count=1)
    signals, likenesses = [], []
    for prompt in _PROMPTS:
        original = landscape(prompt, 512, 512)
        small = resized(original, 512 // scale, 512 // scale)
        ours = enlarger.enlarge(small, scale, lambda done, of: None)
        bicubic = cv2.resize(small, (512, 512), interpolation=cv2.INTER_CUBIC)
        both = (ours, np.asarray(bicubic, np.uint8))
        signals.append([_psnr(each, original) for each in both])
        likenesses.append([_ssim(each, original) for each in both])
    for name, found in (("PSNR, dB", signals), ("SSIM", likenesses)):
        mine, other = np.mean(found, axis=0)
        yield f"| enlarging by {scale}: {name} | {mine:.3f} | {other:.3f} (bicubic) |"


def _landmarks() -> str:
    finder = MeshFaceFinder(thread_count=1)
    errors = []
    for source, target in ((FAIR, DARK), (DARK, FAIR), (LOOKS[2], DARK)):
        first, second = portrait(source, 1024), portrait(target, 1024)
        before = finder.find(second)
        done = swap(first, finder.find(first)[0], second, before, 0.8, lambda percent, said: None)
        away = finder.find(done)[0].landmarks - before[0].landmarks
        distance = eye_distance(before[0].landmarks)
        errors.append(float(np.linalg.norm(away, axis=1).mean() / distance))
    return (
        f"| face swap: landmarks away from the target's, of the distance of its eyes | "
        f"{np.mean(errors):.2%} | 4 % is allowed |"
    )


def _colours() -> str:
    picture, reference = landscape(_PROMPTS[0], 512, 512), landscape(_PROMPTS[1], 512, 512)
    before = _distance(picture, reference)
    after = _distance(in_colours_of(picture, reference), reference)
    return (
        f"| colours of a reference: distance of means and deviations in CIELAB | {after:.2f} | "
        f"{before:.2f} (before) |"
    )


def _distance(first: Picture, second: Picture) -> float:
    described = []
    for picture in (first, second):
        lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
        described.append(np.concatenate([lab.mean(axis=0), lab.std(axis=0)]))
    return float(np.linalg.norm(described[0] - described[1]))


def _psnr(picture: Picture, original: Picture) -> float:
    error = float(((picture.astype(float) - original) ** 2).mean())
    return 10 * float(np.log10(255**2 / error))


def _ssim(picture: Picture, original: Picture) -> float:
    """Of the brightness (Wang et al., 2004): Gaussian windows of 1.5 pixels."""

    def blurred(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    a, b = (
        np.asarray(cv2.cvtColor(each, cv2.COLOR_RGB2GRAY), float) for each in (picture, original)
    )
    mean_a, mean_b = blurred(a), blurred(b)
    spread = blurred(a * a) - mean_a**2 + blurred(b * b) - mean_b**2
    shared = blurred(a * b) - mean_a * mean_b
    first, second = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_a * mean_b + first) * (2 * shared + second)
    return float((likeness / ((mean_a**2 + mean_b**2 + first) * (spread + second))).mean())
