"""Bulk actions of the command line ask before they act."""

import json

import click
import httpx
import pytest

from warren.cli.api_client import ApiClient
from warren.cli.bulk import act_on_many, counted

BODY = {"filter": {"kind": "tts.synthesize"}}


class Gateway:
    """Answers dry runs with a count, and keeps what it was really told to do."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.told: list[object] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.params.get("dry_run") == "true":
            by_state = {"pending": self.count} if self.count else {}
            answer = {"count": self.count, "by_state": by_state, "complete": True}
            return httpx.Response(200, json=answer)
        self.told.append(json.loads(request.content))
        return httpx.Response(202, json={"task_id": "7"})


def _act(gateway: Gateway, *, yes: bool) -> None:
    with ApiClient("http://gateway.test", "wk_key", httpx.MockTransport(gateway)) as client:
        act_on_many(client, "/api/v1/tasks/cancel", BODY, what="will be cancelled", yes=yes)


def test_whoever_says_yes_is_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway(1201)
    _act(gateway, yes=True)
    assert gateway.told == [BODY]
    out = capsys.readouterr().out
    assert "1,201 tasks (1,201 pending) will be cancelled" in out
    assert "warren tasks show 7" in out


@pytest.mark.parametrize(("answer", "told"), [(True, [BODY]), (False, [])])
def test_others_are_asked_with_the_count(
    monkeypatch: pytest.MonkeyPatch, answer: bool, told: list[object]
) -> None:
    gateway = Gateway(1)

    def confirm(text: str, *, abort: bool) -> None:
        if abort and not answer:
            raise click.Abort

    monkeypatch.setattr("typer.confirm", confirm)
    if answer:
        _act(gateway, yes=False)
    else:
        with pytest.raises(click.Abort):
            _act(gateway, yes=False)
    assert gateway.told == told


def test_nothing_is_done_where_there_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway(0)
    _act(gateway, yes=True)
    assert gateway.told == []
    assert "0 tasks will be cancelled" in capsys.readouterr().out


def test_a_count_that_is_not_complete_says_so() -> None:
    count = {"count": 2, "by_state": {"pending": 1, "failed": 1}, "complete": False}
    assert counted(count) == "at least 2 tasks (1 failed, 1 pending)"
