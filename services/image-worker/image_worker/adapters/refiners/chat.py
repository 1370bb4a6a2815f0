"""Any server that speaks OpenAI's chat API: `POST {url}/chat/completions`."""

import httpx
from pydantic import BaseModel, ValidationError

from image_worker.adapters.provider_client import provider_client
from image_worker.adapters.refiners.answer import INSTRUCTIONS, question, read_answer, refined
from image_worker.errors import AnswerNotUnderstood
from image_worker.ports import RefinedPrompt, RefineRequest
from warren.providers import HttpProvider, ProviderBoard

NAME = "openai"


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Answer(BaseModel):
    choices: list[_Choice]


class ChatRefiner:
    """Implements `PromptRefiner`; any thread may use it. `close` when done."""

    name = NAME

    def __init__(
        self,
        url: str,
        key: str | None,
        model: str,
        *,
        timeout: float,
        board: ProviderBoard | None = None,
    ) -> None:
        self._model = model
        self._provider = HttpProvider(f"prompt.{NAME}", board)
        self._client = provider_client(url, key, timeout)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def refine(self, request: RefineRequest) -> RefinedPrompt:
        """One call."""
        body = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": INSTRUCTIONS},
                {"role": "user", "content": question(request)},
            ],
            "temperature": 0.4,
            "max_tokens": 1_000,
        }
        with (
            self._provider.calling(),
            self._client.stream("POST", "chat/completions", json=body) as response,
        ):
            answer = read_answer(response, NAME).raise_for_status()
        return refined(_text(answer), NAME)


def _text(response: httpx.Response) -> str:
    try:
        message = _Answer.model_validate_json(response.content).choices[0].message
    except (ValidationError, IndexError):
        raise AnswerNotUnderstood(
            f"{NAME} answered without a message: {response.text[:200]!r}"
        ) from None
    if message.content is None:
        raise AnswerNotUnderstood(f"{NAME} refuses: {(message.refusal or 'no reason given')[:200]}")
    return message.content
