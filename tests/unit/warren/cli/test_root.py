from pathlib import Path

from warren.cli.root import chosen_root, find_root


def test_a_command_in_a_subfolder_is_about_the_checkout_around_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "docs" / "howto"
    inner.mkdir(parents=True)

    assert find_root(inner) == tmp_path


def test_outside_of_any_checkout_it_is_the_folder_itself(tmp_path: Path) -> None:
    assert find_root(tmp_path) == tmp_path


def test_a_named_folder_wins(tmp_path: Path) -> None:
    assert chosen_root(tmp_path) == tmp_path.resolve()
