"""What a mutation breaks is still where it looks for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.test_mutations import MUTATIONS

_FOLDER = Path(__file__).parent / "mutations"
_APPLY = """
import sitecustomize
assert sorted(sitecustomize.MUTATIONS) == sys.argv[1:], sorted(sitecustomize.MUTATIONS)
for _, mutation in sitecustomize.MUTATIONS.values():
    mutation()
"""


@pytest.mark.timeout(60)
def test_all_mutations_apply_and_each_has_its_test() -> None:
    path = os.pathsep.join([str(_FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])])

    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{_APPLY}", *sorted(MUTATIONS)],
        env={**os.environ, "PYTHONPATH": path, "CHAOS_MUTATION": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
