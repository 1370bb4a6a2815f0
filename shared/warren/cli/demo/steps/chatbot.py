"""Keeps a document and an FAQ in step with the chatbot."""

from dataclasses import dataclass
from typing import Any

from warren.cli.demo.exhibits import InStep, Outcome
from warren.cli.demo.step import Bench
from warren.cli.demo.texts import DOCUMENT, FAQ

_SOURCE = "warren demo"


@dataclass(frozen=True, slots=True)
class KeepDocument:
    """A text that the chatbot is to know; one that is there already is replaced."""

    title: str = "Sync a document"
    domain: str = "chatbot"
    process: str = "sync-worker"

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """Upload it and wait until the chatbot has it."""
        there = bench.client.get("/api/v1/documents/list", source=_SOURCE, limit=1)["items"]
        body = {"text": DOCUMENT, "source": _SOURCE, "name": "ferry.txt"}
        if there:
            body["document_id"] = there[0]["document_id"]
        answer = bench.client.post("/api/v1/documents/upload-text", body)
        bench.finished(str(answer["task_id"]))
        path = f"/api/v1/documents/{answer['document_id']}"
        view = bench.client.get(path)
        exhibit = InStep("ferry.txt", DOCUMENT, _facts(view))
        return Outcome(_summary(view), path, (exhibit,))


@dataclass(frozen=True, slots=True)
class KeepFaq:
    """A question with its answer; one that is there already is answered anew."""

    title: str = "Sync an FAQ"
    domain: str = "chatbot"
    process: str = "sync-worker"

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """Write it and wait until the chatbot has it."""
        question, answer = FAQ
        body = {"question": question, "answer": answer}
        there = bench.client.get("/api/v1/mobile-faqs", search=question, limit=1)["items"]
        if there:
            said = bench.client.put(f"/api/v1/mobile-faq/{there[0]['faq_id']}", body)
        else:
            said = bench.client.post("/api/v1/mobile-faq", body)
        bench.finished(str(said["task_id"]))
        path = f"/api/v1/mobile-faq/{said['faq_id']}"
        view = bench.client.get(path)
        return Outcome(_summary(view), path, (InStep(question, answer, _facts(view)),))


def _summary(view: dict[str, Any]) -> str:
    return f"the chatbot has version {view['synced_version']}"


def _facts(view: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return (
        ("state", str(view["sync"])),
        ("version here", str(view["desired_version"])),
        ("at the chatbot", str(view["synced_version"])),
    )
