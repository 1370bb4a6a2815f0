"""A new service is written whole or not at all, under a name that is in nobody's way."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from warren.cli.main import build_app
from warren.cli.new_service_files import sorted_imports, write_service
from warren.cli.new_service_names import check_free, service_names
from warren.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[4]
FILES = {
    *("__init__.py", "__main__.py", "actors.py", "config.py", "errors.py", "ports.py"),
    *("service.py", "adapters/__init__.py", "adapters/plain_words.py", "py.typed"),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in ("services", "shared/warren", "tests/unit", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    tts = ROOT / "services" / "tts-worker"
    for file in ("pyproject.toml", "tts_worker/__init__.py"):
        target = tmp_path / "services" / "tts-worker" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tts / file, target)
    return tmp_path


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def refuse(name: str, checkout: Path) -> str:
    with pytest.raises(ConfigurationError) as e:
        check_free(service_names(name), checkout)
    return str(e.value)


@pytest.mark.parametrize("name", ["picture-worker", "picture_worker"])
def test_a_service_is_written_with_all_its_parts(checkout: Path, name: str) -> None:
    before = tree(checkout)

    outcome = CliRunner().invoke(
        build_app(), ["new-service", name, "--root", str(checkout / "services")]
    )

    assert outcome.exit_code == 0, outcome.output
    package = checkout / "services" / "picture-worker" / "picture_worker"
    assert {path for path in tree(package) if (package / path).is_file()} == FILES
    written = {path for path in tree(checkout) - before if (checkout / path).is_file()}
    assert written == {
        *(f"services/picture-worker/picture_worker/{path}" for path in FILES),
        "services/picture-worker/pyproject.toml",
        "tests/unit/picture_worker/test_jobs.py",
    }
    assert 'SERVICE = "picture"' in (package / "__init__.py").read_text()
    assert "$" not in "".join((package / path).read_text() for path in FILES)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "cannot name a service"),
        ("../picture", "cannot name a service"),
        ("/etc/picture", "cannot name a service"),
        ("a/b", "cannot name a service"),
        (".hidden", "cannot name a service"),
        ("Picture", "cannot name a service"),
        ("picture worker", "cannot name a service"),
        ("3d-worker", "cannot name a service"),
        ("picture-", "cannot name a service"),
        ("bild-größe", "cannot name a service"),
        ("a\nb", "cannot name a service"),
        ("a" * 31, "cannot name a service"),
        ("class", "is a word of the Python language"),
        ("api", "is reserved"),
        ("gateway", "is reserved"),
        ("warren-worker", "is reserved"),
        ("tts-worker", "services/tts-worker exists already"),
        ("tts_worker", "services/tts-worker exists already"),
        ("tts", "is already the service 'tts'"),
        ("docs", "docs exists already"),
        ("json", "Python finds another json"),
        ("pytest", "Python finds another pytest"),
        ("pytest-xdist", "a package pytest-xdist is installed"),
    ],
)
def test_a_bad_name_is_refused_in_one_line(checkout: Path, name: str, words: str) -> None:
    before = tree(checkout)

    message = refuse(name, checkout)

    assert words in message
    assert "for example picture-worker" in message
    assert len(message.splitlines()) == 1
    assert tree(checkout) == before


def test_a_test_of_that_name_is_in_the_way(checkout: Path) -> None:
    (checkout / "tests" / "unit" / "picture_worker").mkdir()

    assert "tests/unit/picture_worker exists already" in refuse("picture-worker", checkout)


def test_a_link_that_leads_nowhere_is_in_the_way(checkout: Path) -> None:
    (checkout / "services" / "picture-worker").symlink_to(checkout / "gone")

    assert "services/picture-worker exists already" in refuse("picture-worker", checkout)


def test_a_service_that_cannot_be_put_in_place_leaves_nothing(checkout: Path) -> None:
    names = service_names("picture-worker")
    obstacle = checkout / "services" / "picture-worker"
    obstacle.mkdir()
    (obstacle / "a file of somebody else").touch()
    before = tree(checkout)

    with pytest.raises(ConfigurationError, match=r"cannot write services/picture-worker.*nothing"):
        write_service(names, checkout)

    assert tree(checkout) - {".warren"} == before


def test_outside_of_a_checkout_it_says_where_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    outcome = CliRunner().invoke(build_app(), ["new-service", "picture-worker"])

    assert isinstance(outcome.exception, ConfigurationError)
    assert "is in no checkout of Warren" in str(outcome.exception)
    assert tree(tmp_path) == set()


def test_imports_are_sorted_by_module() -> None:
    source = '"""Doc."""\n\nimport re\n\nfrom zebra.a import A\nfrom warren.b import B\n\n\nx = 1\n'

    assert sorted_imports(source) == source.replace(
        "from zebra.a import A\nfrom warren.b import B",
        "from warren.b import B\nfrom zebra.a import A",
    )
