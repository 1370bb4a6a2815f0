"""Migrations are one chain: two that follow the same one could not be run."""

from pathlib import Path

from alembic.script import ScriptDirectory

import gateway


def test_each_migration_follows_the_one_before_it() -> None:
    scripts = ScriptDirectory(str(Path(gateway.__file__).parent / "migrations"))
    chain = [(script.revision, script.down_revision) for script in scripts.walk_revisions()][::-1]

    assert [revision for revision, _ in chain] == [
        f"{number:04}" for number in range(1, len(chain) + 1)
    ]
    assert [before for _, before in chain] == [None, *(revision for revision, _ in chain[:-1])]
