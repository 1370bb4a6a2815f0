"""The faults that can be switched on."""

import time
from collections.abc import Mapping
from typing import Any

from fastapi.testclient import TestClient

_FAQ = {"version": 1, "question": "When?", "answer": "At nine."}


def switch(chatbot: TestClient, **fault: Any) -> None:
    assert chatbot.put("http://chatbot/faults", json=fault).status_code == 200


def test_a_chatbot_that_is_down_applies_nothing(chatbot: TestClient) -> None:
    switch(chatbot, fault="down")
    answer = chatbot.put("faqs/f1", json=_FAQ)
    switch(chatbot, fault="none")

    assert answer.status_code == 503
    assert chatbot.get("faqs").json()["items"] == []


def test_a_busy_one_says_when_to_come_again(chatbot: TestClient) -> None:
    switch(chatbot, fault="busy", retry_after=7)

    answer = chatbot.put("faqs/f1", json=_FAQ)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_one_that_fails_after_applying_has_applied(chatbot: TestClient) -> None:
    switch(chatbot, fault="fails_after", first=1)

    assert chatbot.put("faqs/f1", json=_FAQ).status_code == 500
    assert chatbot.get("faqs/f1").json()["version"] == 1


def test_a_flapping_one_is_down_and_up_in_turns(chatbot: TestClient) -> None:
    switch(chatbot, fault="flapping", every=2)

    statuses = [chatbot.get("faqs").status_code for _ in range(6)]

    assert statuses == [503, 503, 200, 200, 503, 503]


def test_a_slow_one_answers_late(chatbot: TestClient) -> None:
    switch(chatbot, fault="slow", delay=0.2)
    began = time.monotonic()

    assert chatbot.get("faqs").status_code == 200
    assert time.monotonic() - began >= 0.2


def test_calls_are_counted_by_method_and_answer(chatbot: TestClient) -> None:
    chatbot.put("faqs/f1", json=_FAQ)
    chatbot.get("faqs")
    calls: Mapping[str, int] = chatbot.get("http://chatbot/faults").json()["calls"]

    assert calls == {"PUT 200": 1, "GET 200": 1}


def test_it_is_ready_whatever_is_switched_on(chatbot: TestClient) -> None:
    switch(chatbot, fault="down")

    assert chatbot.get("http://chatbot/readyz").status_code == 200
