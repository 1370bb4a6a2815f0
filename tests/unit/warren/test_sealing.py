import base64
import os
from pathlib import Path

import pytest

from warren.contracts.sealed import is_sealed
from warren.errors import ConfigurationError
from warren.sealing import CannotOpen, Sealer, SealingSettings
from warren.stack.kept_secret import kept_secret

OLD, NEW = os.urandom(32), os.urandom(32)
SECRET = "sk-planted-0123456789abcdef"


def _encoded(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def test_a_sealed_secret_opens_in_its_place_only() -> None:
    sealer = Sealer([NEW])
    sealed = sealer.seal(SECRET, "a customer")

    assert is_sealed(sealed)
    assert SECRET not in sealed
    assert sealer.open(sealed, "a customer") == SECRET
    with pytest.raises(CannotOpen):
        sealer.open(sealed, "another customer")


def test_the_same_secret_is_never_sealed_alike() -> None:
    sealer = Sealer([NEW])

    assert sealer.seal(SECRET, "c") != sealer.seal(SECRET, "c")


def test_an_old_key_still_opens_and_the_new_one_seals() -> None:
    before = Sealer([OLD]).seal(SECRET, "c")
    rotated = Sealer([NEW, OLD])

    assert rotated.open(before, "c") == SECRET
    assert Sealer([NEW]).open(rotated.seal(SECRET, "c"), "c") == SECRET
    with pytest.raises(CannotOpen, match="WARREN_SEALING_KEYS lacks"):
        Sealer([NEW]).open(before, "c")


def test_a_changed_text_does_not_open() -> None:
    sealer = Sealer([NEW])
    sealed = sealer.seal(SECRET, "c")
    flipped = sealed[:-5] + ("A" if sealed[-5] != "A" else "B") + sealed[-4:]

    for wrong in (flipped, sealed[:-4], SECRET, ""):
        with pytest.raises(CannotOpen) as refused:
            sealer.open(wrong, "c")
        assert SECRET not in str(refused.value)


def test_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARREN_SEALING_KEYS", f"{_encoded(NEW)}, {_encoded(OLD)}")

    sealed = Sealer.of(SealingSettings()).seal(SECRET, "c")

    assert Sealer([NEW]).open(sealed, "c") == SECRET


def test_a_wrong_key_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARREN_SEALING_KEYS", "short-and-secret")

    with pytest.raises(ConfigurationError, match="WARREN_SEALING_KEYS") as refused:
        SealingSettings()

    assert "short-and-secret" not in str(refused.value)


def test_without_keys_it_is_said_how_to_make_one() -> None:
    with pytest.raises(ConfigurationError, match="openssl rand"):
        Sealer.of(SealingSettings(sealing_keys=None))


def test_a_stack_keeps_the_key_that_it_has_made(tmp_path: Path) -> None:
    place = tmp_path / "secrets" / "sealing"
    made = kept_secret(place)

    assert kept_secret(place) == made
    assert place.stat().st_mode & 0o077 == 0
    Sealer.of(SealingSettings.model_validate({"sealing_keys": made}))
