"""Has numpy compute in one thread.

Its products are small here: several threads wait for each other most of the time, ten times as
long as one needs when other processes use the cores. Work in parallel is for slot processes.
"""

import ctypes
from pathlib import Path

_MAPS = Path("/proc/self/maps")
#: As numpy's wheels call it, and as distributions do.
_NAMES = (
    "scipy_openblas_set_num_threads64_",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)


def compute_in_one_thread() -> bool:
    """Tell the loaded OpenBLAS; returns whether there was one. numpy must be imported before."""
    for path in _loaded():
        library = ctypes.CDLL(path)
        for name in _NAMES:
            setter = getattr(library, name, None)
            if setter is not None:
                setter(1)
                return True
    return False


def _loaded() -> set[str]:
    if not _MAPS.exists():
        return set()
    lines = _MAPS.read_text().splitlines()
    return {line.split(maxsplit=5)[5] for line in lines if "openblas" in line}
