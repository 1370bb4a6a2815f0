"""What floats."""

import numpy as np

from image_worker.adapters.procedural.outlines import Part, curve, polygon
from image_worker.arrays import floats

_HULL = polygon("-21,4.2 -17,0 15,-.2 18,2.4 23,5.4 12,3.6 -12,3.6 -15,6.4 -21,7")
_STRAKE = polygon("-20.6,5 -14.6,4.8 -12,3.4 12,3.3 20,4.6 18.6,3.9 12,2.5 -12,2.5 -20,3.8")
_BOWSPRIT = polygon("20,4.6 31,9.2 31,9.5 19.4,5.4")
_JIB, _SPANKER = curve("13,6 29.6,9.1 13.2,23"), curve("-12,6.6 -20.5,8.2 -12.2,19")
_MASTS = ((-11.0, 25.0), (0.5, 31.0), (11.5, 27.0))
_SAILS = (0.40, 0.33, 0.22)


def ship(generator: np.random.Generator) -> list[Part]:
    """Three masts under full sail, 40 m long."""
    way = float(generator.choice((-1.0, 1.0)))
    parts = [Part(_HULL, "3a2a20"), Part(_STRAKE, "8a6a44", 0.5), Part(_BOWSPRIT, "3a2a20")]
    for x, tall in _MASTS:
        parts += _mast(x, tall)
    parts += [Part(_JIB, "d9cfba", 0.4, 0.95), Part(_SPANKER, "cfc4ae", -0.4, 0.95)]
    return [part.turned(way) for part in parts]


def _mast(x: float, tall: float) -> list[Part]:
    pole = floats([[x - 0.3, 3], [x - 0.15, tall], [x + 0.15, tall], [x + 0.3, 3]])
    parts, low = [Part(pole, "2c221b")], 5.6
    for level, share in enumerate(_SAILS):
        high = low + (tall - 6.5) * share
        wide = (7.4 - 1.5 * level) * (tall / 31)
        parts += _sail(x, low, high - 0.5, wide)
        low = high
    return parts


def _sail(x: float, low: float, high: float, wide: float) -> list[Part]:
    belly, narrow = 0.16 * (high - low), wide * 0.82
    foot = [[x - wide / 1.5, low + belly], [x - wide / 3, low + 0.3 * belly]]
    whole = [
        *foot,
        [x + wide / 3, low],
        [x + wide / 1.5, low + 0.5 * belly],
        [x + narrow / 1.6, high],
        [x - narrow / 1.6, high],
    ]
    shade = [*foot, [x - wide / 6, high], [x - narrow / 1.6, high]]
    return [Part(floats(whole), "e6dcc6", 0.5), Part(floats(shade), "b3a78f", -0.6, 0.55)]


def boat(generator: np.random.Generator) -> list[Part]:
    """A rowing boat with somebody in it, 5 m long."""
    parts = [
        Part(curve("-.35,.5 -.28,1.2 0,1.42 .26,1.2 .4,.5"), "3b4a5c", 0.2),
        Part(curve("-.14,1.36 -.13,1.66 .03,1.75 .17,1.6 .12,1.36"), "2d2420"),
        Part(polygon(".1,1.05 1.9,.1 2.1,0 2,-.05 .05,.95"), "6e5638"),
        Part(polygon("-2.6,.75 -2.2,.05 1.9,-.02 2.7,.85 1.6,.52 -1.7,.48"), "5a3c28"),
        Part(polygon("-2.6,.75 -1.7,.48 1.6,.52 2.7,.85 1.5,.4 -1.7,.36"), "a07a4e", 0.6),
    ]
    way = float(generator.choice((-1.0, 1.0)))
    return [part.turned(way) for part in parts]
