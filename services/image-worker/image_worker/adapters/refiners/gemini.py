"""Google's Gemini API: `POST {url}/v1beta/models/{model}:generateContent`."""

import httpx
from pydantic import BaseModel, Field, ValidationError

from image_worker.adapters.refiners.answer import INSTRUCTIONS, question, read_answer, refined
from image_worker.errors import AnswerNotUnderstood
from image_worker.ports import RefinedPrompt, RefineRequest
from warren.providers import HttpProvider, ProviderBoard

NAME = "gemini"


class _Part(BaseModel):
    text: str = ""


class _Content(BaseModel):
    parts: list[_Part] = []


class _Candidate(BaseModel):
    content: _Content = _Content()
    finish_reason: str | None = Field(None, alias="finishReason")


class _Feedback(BaseModel):
    block_reason: str | None = Field(None, alias="blockReason")


class _Answer(BaseModel):
    candidates: list[_Candidate] = []
    feedback: _Feedback = Field(_Feedback(), alias="promptFeedback")


class GeminiRefiner:
    """Implements `PromptRefiner`; any thread may use it. `close` when done."""

    name = NAME

    def __init__(
        self,
        url: str,
        key: str,
        model: str,
        *,
        timeout: float,
        board: ProviderBoard | None = None,
    ) -> None:
        self._path = f"v1beta/models/{model}:generateContent"
        self._provider = HttpProvider(f"prompt.{NAME}", board)
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/",
            timeout=timeout,
            headers={"x-goog-api-key": key},
            trust_env=False,
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def refine(self, request: RefineRequest) -> RefinedPrompt:
        """One call."""
        body = {
            "systemInstruction": {"parts": [{"text": INSTRUCTIONS}]},
            "contents": [{"role": "user", "parts": [{"text": question(request)}]}],
            "generationConfig": {"responseMimeType": "application/json", "temperature": 0.4},
        }
        with (
            self._provider.calling(),
            self._client.stream("POST", self._path, json=body) as response,
        ):
            answer = read_answer(response, NAME).raise_for_status()
        return refined(_text(answer), NAME)


def _text(response: httpx.Response) -> str:
    try:
        answer = _Answer.model_validate_json(response.content)
    except ValidationError:
        raise AnswerNotUnderstood(
            f"{NAME} answered without candidates: {response.text[:200]!r}"
        ) from None
    text = "".join(part.text for c in answer.candidates[:1] for part in c.content.parts)
    if not text:
        reasons = [answer.feedback.block_reason, *(c.finish_reason for c in answer.candidates)]
        why = next((reason for reason in reasons if reason), "no reason given")
        raise AnswerNotUnderstood(f"{NAME} answered without a text ({why})")
    return text
