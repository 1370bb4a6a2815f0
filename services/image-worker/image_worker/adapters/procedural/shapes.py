"""What stands on the ground, or flies."""

import numpy as np

from image_worker.adapters.procedural.outlines import Part, curve, polygon, rounded
from image_worker.adapters.procedural.scene import Season
from image_worker.arrays import Floats, floats

_CLOAKS = (("2c3440", "1c222b"), ("4a2a2a", "321b1c"), ("3a3a2c", "26261c"))
_FLAMES = ((1.0, "e8641c", 2.2), (0.68, "f6a533", 3.0), (0.36, "ffe9a6", 4.0))
_TRUNK = curve("-.9,-.3 -.45,1.6 -.5,4.2 -1.6,6.8 -.2,5.4 .5,8 .42,5.2 1.9,6.6 .62,4 .5,1.6 1,-.3")
#: Middle and radius of the clumps of leaves that a crown consists of.
_CLUMPS = (
    (-3.6, 7.6, 2.2), (3.4, 7.4, 2.3), (-1.4, 8.2, 2.4), (1.5, 8.6, 2.4), (-4.2, 9.6, 1.8),
    (4.3, 9.4, 1.9), (-2.4, 11.0, 2.3), (2.3, 11.2, 2.3), (0.1, 12.4, 2.2), (0.0, 10.0, 2.6),
)  # fmt: skip
_TUFTS = {
    Season.SPRING: ("33491f", "506e2e", "71903e", "93ab55"),
    Season.SUMMER: ("1c2f18", "2f4a24", "476434", "64804a"),
    Season.AUTUMN: ("5c3015", "8a4a1e", "b06c2a", "cf9a44"),
    Season.WINTER: ("7b8286", "a0a8ae", "c3cad0", "e2e7ec"),
}


def figure(generator: np.random.Generator) -> list[Part]:
    """Somebody in a long cloak who looks into the picture, 1.8 m tall."""
    cloak, shade = _CLOAKS[int(generator.integers(len(_CLOAKS)))]
    outline = "-.36,.16 -.3,.9 -.24,1.36 -.09,1.52 .09,1.52 .24,1.36 .31,.9 .42,.12 .1,.08"
    return [
        Part(polygon("-.16,0 -.15,.5 .15,.5 .17,0 .05,0 0,.3 -.05,0"), "1d1a18"),
        Part(curve(outline), cloak, 0.3),
        Part(curve("-.36,.16 -.3,.9 -.23,1.36 -.1,1.48 -.08,.8 -.12,.1"), shade, -0.8, 0.8),
        Part(curve(".06,.1 .1,.9 .03,1.4 0,.8"), shade, 0.0, 0.6),
        Part(curve("-.115,1.5 -.13,1.68 -.07,1.8 .06,1.805 .125,1.69 .11,1.5"), "3b2a20", 0.2),
        Part(polygon(".43,0 .47,0 .4,1.5 .365,1.5"), "4a3826", 0.4),
    ]


def campfire(generator: np.random.Generator) -> list[Part]:
    """Logs with flames over them."""
    parts = [
        Part(polygon("-.5,0 .42,.2 .46,.12 -.46,-.06"), "2a1c14"),
        Part(polygon(".5,0 -.42,.2 -.46,.12 .46,-.06"), "35241a"),
    ]
    for size, tint, glow in _FLAMES:
        for _ in range(3):
            lean = float(generator.normal(0, 0.12))
            tall = size * float(generator.uniform(0.7, 1.15))
            corners = floats(
                [
                    [-0.26 * size, 0.1],
                    [-0.16 * size, 0.4 * tall],
                    [lean, tall],
                    [0.17 * size, 0.38 * tall],
                    [0.25 * size, 0.1],
                ]
            )
            parts.append(Part(rounded(corners), tint, 0.0, 0.62, glow))
    return parts


def oak(generator: np.random.Generator, season: Season) -> list[Part]:
    """An old tree, 14 m tall; its crown is hundreds of tufts, the dark ones first."""
    tufts = []
    for _ in range(900):
        x, y, radius = _CLUMPS[int(generator.integers(len(_CLUMPS)))]
        angle, away = generator.uniform(0, 2 * np.pi), generator.uniform(0, 1) ** 0.5
        aside, above = radius * away * np.cos(angle), 0.8 * away * np.sin(angle)
        # Each clump is lit from above, and dark below.
        bright = above * 0.55 + (y + radius * above - 8) / 12 + 0.3 + 0.2 * generator.normal()
        tufts.append((float(bright), float(x + aside), float(y + radius * above)))
    return [Part(_TRUNK, "3a2c22"), *(_tuft(each, season, generator) for each in sorted(tufts))]


def _tuft(
    place: tuple[float, float, float], season: Season, generator: np.random.Generator
) -> Part:
    bright, x, y = place
    turns = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    corners = generator.uniform(0.5, 1.3, 6) * generator.uniform(0.2, 0.5)
    outline = np.stack([x + corners * np.cos(turns), y + 0.8 * corners * np.sin(turns)], -1)
    tint = _TUFTS[season][int(np.clip(bright * 4, 0, 3))]
    return Part(floats(outline), tint, float(np.clip(x / 5, -1, 1)), 0.9)


def bird(generator: np.random.Generator) -> Floats:
    """Two wings, 2 wide; y downwards."""
    lift = float(generator.uniform(0.15, 0.55))
    flat = polygon("-1,-1 -.5,-1.1 -.12,0 0,.1 .12,0 .5,-1.08 1,-.94 .5,-.92 .1,.2 -.1,.2 -.5,-.94")
    # The tips are lifted, the body is not.
    lifted = np.where(flat[:, 1:] < -0.5, flat[:, 1:] + 1 - lift, flat[:, 1:])
    return floats(np.concatenate([flat[:, :1], lifted], axis=1))
