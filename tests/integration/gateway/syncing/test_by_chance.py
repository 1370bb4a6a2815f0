"""Chance decides what happens, on PostgreSQL; in the end both sides are alike."""

import random
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.postgres
URL = "/api/v1/mobile-faq"
#: Who keeps changing things: customers, in turn.
_STEPS = 70


@dataclass
class Chatbot:
    """Takes what is newer than what it has seen, as the contract says; a call may come twice."""

    faqs: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    floor: int = 0

    def take(self, kind: str, payload: dict[str, Any]) -> None:
        version = payload["desired_version"]
        if kind == "faq.delete_all":
            self.floor = max(self.floor, version)
            self.faqs = {k: v for k, v in self.faqs.items() if v[0] > self.floor}
            return
        faq, answer = payload["faq_id"], payload.get("answer")
        if version > max(self.floor, self.faqs.get(faq, (0, None))[0]):
            self.faqs[faq] = (version, answer)

    @property
    def answers(self) -> dict[str, str]:
        return {faq: answer for faq, (_, answer) in self.faqs.items() if answer is not None}


class Play:
    """One customer, one chatbot, and everybody in between."""

    def __init__(self, client: httpx.Client, hands: Any, seed: int) -> None:
        self.client, self.hands = client, hands
        self.chance = random.Random(seed)
        self.chatbot = Chatbot()
        self.wanted: dict[str, str] = {}
        self.held: list[Any] = []
        self.said = 0

    def step(self) -> None:
        doings = [self.create, self.change, self.change, self.delete, self.publish, self.publish]
        doings += [self.finish, self.finish, self.come_back, self.apply_only]
        if self.chance.random() < 0.03:
            doings = [self.delete_all]
        self.chance.choice(doings)()
        self.check_one_in_flight()

    def create(self) -> None:
        answer = self.client.post(URL, json=self._faq()).json()
        self.wanted[answer["faq_id"]] = f"answer {self.said}"

    def change(self) -> None:
        if self.wanted:
            faq = self.chance.choice(sorted(self.wanted))
            assert self.client.put(f"{URL}/{faq}", json=self._faq()).status_code == 202
            self.wanted[faq] = f"answer {self.said}"

    def delete(self) -> None:
        if self.wanted:
            faq = self.chance.choice(sorted(self.wanted))
            assert self.client.delete(f"{URL}/{faq}").status_code == 202
            del self.wanted[faq]

    def delete_all(self) -> None:
        assert self.client.delete("/api/v1/mobile-faqs?confirm=true").status_code == 202
        self.wanted = {}

    def publish(self) -> None:
        due = [row["task_id"] for row in self.hands.due()]
        if due:
            self.hands.publish(due[0])
            self.held.append((due[0], self.hands.calls[-1]))

    def finish(self) -> None:
        if self.held:
            task, call = self.held.pop(self.chance.randrange(len(self.held)))
            self.chatbot.take(*call)
            self.hands.succeed(task)

    def come_back(self) -> None:
        if self.held:
            task, _ = self.held.pop(self.chance.randrange(len(self.held)))
            self.hands.wait(task)

    def apply_only(self) -> None:
        if self.held:
            self.chatbot.take(*self.chance.choice(self.held)[1])

    def settle(self) -> None:
        while self.held or self.hands.due():
            self.publish()
            self.finish()

    def check_one_in_flight(self) -> None:
        entities = [payload.get("faq_id") for _, (_, payload) in self.held]
        single = [faq for faq in entities if faq is not None]
        assert len(set(single)) == len(single), "two syncs of one FAQ are in flight"

    def _faq(self) -> dict[str, str]:
        self.said += 1
        return {"question": f"question {self.said}", "answer": f"answer {self.said}"}


@pytest.mark.parametrize("seed", range(6))
def test_both_sides_are_alike_when_all_is_quiet(
    customer: httpx.Client, hands: Any, seed: int
) -> None:
    play = Play(customer, hands, seed)
    for _ in range(_STEPS):
        play.step()
    play.settle()

    items = customer.get("/api/v1/mobile-faqs", params={"limit": 200}).json()["items"]
    here = {item["faq_id"]: item["answer"] for item in items}
    assert here == play.wanted == play.chatbot.answers
    assert {item["sync"] for item in items} <= {"synced"}
    assert hands.ask("SELECT * FROM syncs WHERE state <> 'synced'") == []
    left = "SELECT * FROM tasks WHERE state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')"
    assert hands.ask(left) == []
