"""Which neighbours the sync-worker asks whether they answer."""

import pytest

from sync_worker.downstream import downstreams


def test_the_chatbot_is_asked_with_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNC_CHATBOT_URL", raising=False)
    assert list(downstreams()) == []

    monkeypatch.setenv("SYNC_CHATBOT_URL", "http://chatbot:8090/")
    monkeypatch.setenv("SYNC_CHATBOT_TOKEN", "secret")
    (chatbot,) = downstreams()

    assert (chatbot.name, chatbot.url) == ("chatbot", "http://chatbot:8090/readyz")
    assert chatbot.headers == {"Authorization": "Bearer secret"}
    assert "secret" not in repr(chatbot)
