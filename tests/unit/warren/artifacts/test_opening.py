from pathlib import Path

import pytest

from warren.artifacts import open_store
from warren.artifacts.opening import S3Settings
from warren.errors import ConfigurationError


@pytest.mark.parametrize("form", ["{}", "file://{}", "file://localhost{}"])
def test_a_folder_is_a_path_or_a_file_url(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "with space"
    open_store(form.format(folder)).put(b"content")
    assert (folder / "sha256").is_dir()


def test_a_percent_sign_in_a_file_url_is_decoded(tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}/with%20space").put(b"content")
    assert (tmp_path / "with space" / "sha256").is_dir()


def test_opening_touches_nothing(tmp_path: Path) -> None:
    open_store(str(tmp_path / "store"))
    open_store("s3://bucket/prefix", s3=S3Settings(endpoint="http://127.0.0.1:9"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["", "ftp://host/folder", "file://elsewhere/folder", "s3://"])
def test_any_other_url_is_refused_with_the_setting_to_change(url: str) -> None:
    with pytest.raises(ConfigurationError, match="WARREN_ARTIFACTS_URL"):
        open_store(url)


def test_our_settings_win_over_those_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws")
    assert S3Settings().endpoint == "http://aws"
    monkeypatch.setenv("WARREN_S3_ENDPOINT", "http://ours")
    assert S3Settings().endpoint == "http://ours"
