"""How old the last sure knowledge of cancellations is, told across processes."""

from pathlib import Path

from warren.worker.contact import LONGEST_SILENCE, Contact


def test_knowledge_is_sure_until_it_is_too_old_or_lost(tmp_path: Path) -> None:
    now = [1000.0]
    parent, slot = (Contact(tmp_path / "contact", lambda: now[0]) for _ in range(2))
    assert not slot.is_sure()

    parent.confirm(now[0])
    assert slot.is_sure()

    now[0] += LONGEST_SILENCE
    assert slot.is_sure()
    now[0] += 0.1
    assert not slot.is_sure()

    parent.confirm(now[0])
    parent.lose()
    assert not slot.is_sure()
