"""Lock the dependencies of every member with hashes and without any registry address.

    python deploy/setup/lock.py        (or `make lock`; needs pip-tools in the environment)

The members' pyproject.toml files are the only place where run-time dependencies are named; what
the checks and tests need beside them stands in requirements/dev.in.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = sorted([ROOT / "shared", *(p.parent for p in ROOT.glob("services/*/pyproject.toml"))])
#: Extras that a laptop needs: the embedded database.
LOCKED_EXTRAS = {"warren-shared": ["stack"]}


def third_party(members: list[Path]) -> list[str]:
    """Requirement lines of all members, without the members themselves."""
    projects = [tomllib.loads((m / "pyproject.toml").read_text())["project"] for m in members]
    own = {project["name"] for project in projects}
    lines: set[str] = set()
    for project in projects:
        lines.update(project.get("dependencies", []))
        for extra in LOCKED_EXTRAS.get(project["name"], []):
            lines.update(project["optional-dependencies"][extra])
    return sorted(line for line in lines if re.split(r"[^\w-]", line)[0] not in own)


def compile_lock(sources: list[Path], target: Path) -> None:
    """Run pip-compile; hashes in, addresses out."""
    subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "piptools", "compile", "--quiet", "--upgrade"),
            *("--generate-hashes", "--allow-unsafe", "--strip-extras", "--no-annotate"),
            *("--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links"),
            "--no-header",
            *("--output-file", str(target), *map(str, sources)),
        ],
        check=True,
    )


def main() -> None:
    """Write requirements/runtime.txt and requirements/dev.txt (a superset)."""
    folder = ROOT / "requirements"
    with tempfile.TemporaryDirectory() as scratch:
        members = Path(scratch) / "members.in"
        members.write_text("\n".join(third_party(MEMBERS)) + "\n")
        compile_lock([folder / "runtime.in", folder / "dev.in", members], folder / "dev.txt")
        # The run-time lock takes its versions from the full one, so that both always agree.
        constrained = Path(scratch) / "runtime.in"
        constrained.write_text(f"-c {folder / 'dev.txt'}\n" + (folder / "runtime.in").read_text())
        compile_lock([constrained, members], folder / "runtime.txt")


if __name__ == "__main__":
    main()
