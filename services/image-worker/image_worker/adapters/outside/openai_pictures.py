"""Any server that speaks OpenAI's images API: `POST {url}/images/generations`."""

import base64
import binascii
import math
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from image_worker.adapters.outside.answers import excerpt, picture_of, read_answer
from image_worker.adapters.outside.http_pictures import HttpPictures
from image_worker.errors import PromptRefused, ProviderGaveNoPicture
from image_worker.ports import PaintedPicture, PictureRequest, Steps
from warren.outbound import OutboundRules, UrlRefused, guarded_client

NAME = "openai"
#: What servers answer 400 with when their policy is against the prompt.
_POLICY = frozenset({"content_policy_violation", "moderation_blocked", "content_filter"})
_FETCH_SECONDS = 60.0


#: OpenAI's own models paint in a few sizes only, in pixels.
_SIZES = {
    "gpt-image": ((1_024, 1_024), (1_536, 1_024), (1_024, 1_536)),
    "dall-e-3": ((1_024, 1_024), (1_792, 1_024), (1_024, 1_792)),
    "dall-e-2": ((256, 256), (512, 512), (1_024, 1_024)),
}


class _Item(BaseModel):
    b64_json: str | None = None
    url: str | None = None
    revised_prompt: str | None = None


class _Answer(BaseModel):
    data: list[_Item] = []


class _Error(BaseModel):
    message: str = ""
    code: str | None = None
    type: str | None = None


class _Refusal(BaseModel):
    error: _Error


class OpenAiPictures(HttpPictures):
    """Implements `PictureProvider`; one thread at a time. `close` when done.

    A picture has a size that the model knows, and that may be another one than was asked for.
    The protocol knows neither negative prompts nor seeds: the same request may give another
    picture, which is as good.
    """

    name = NAME

    def paint(self, request: PictureRequest, steps: Steps) -> PaintedPicture:
        """One call; `steps` is called before it and after it."""
        steps(0, 1)
        body = {
            "model": self.model,
            "prompt": request.prompt,
            "n": 1,
            "size": size_for(self.model, request.width, request.height),
            **({} if self.model.startswith("gpt-image") else {"response_format": "b64_json"}),
        }
        item = _first(self._ask(body))
        content = self._content(item)
        steps(1, 1)
        details: dict[str, Any] = {}
        if item.revised_prompt:
            details["revised_prompt"] = item.revised_prompt[:1_000]
        return PaintedPicture(picture_of(content, NAME), details)

    def _ask(self, body: dict[str, Any]) -> bytes:
        with (
            self._provider.calling(),
            self._client.stream("POST", "images/generations", json=body) as response,
        ):
            answer = read_answer(response, NAME)
            if answer.status_code == httpx.codes.BAD_REQUEST:
                _refuse_by_policy(answer.content)
            return answer.raise_for_status().content

    def _content(self, item: _Item) -> bytes:
        if item.b64_json:
            try:
                return base64.b64decode(item.b64_json, validate=True)
            except binascii.Error as error:
                raise ProviderGaveNoPicture(f"{NAME} sent no base64: {error}") from error
        if item.url:
            return self._fetched(item.url)
        raise ProviderGaveNoPicture(f"{NAME} answered with neither a picture nor its address")

    def _fetched(self, url: str) -> bytes:
        """What stands at an address that the provider names: its own host, or a public one."""
        if _is_at(url, self._client.base_url):
            with self._provider.calling(), self._client.stream("GET", url) as response:
                return read_answer(response, NAME).raise_for_status().content
        rules = OutboundRules(field="provider")
        try:
            with (
                self._provider.calling(),
                guarded_client(rules, seconds=_FETCH_SECONDS) as client,
                client.stream("GET", rules.checked(url)) as response,
            ):
                return read_answer(response, NAME).raise_for_status().content
        except UrlRefused as error:
            raise ProviderGaveNoPicture(
                f"{NAME} names an address for its picture that is not called: {error}"
            ) from error


def _is_at(url: str, base: httpx.URL) -> bool:
    """Whether it may be shown the key: also another scheme would, to whoever listens on the way."""
    try:
        asked = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return (asked.scheme, asked.netloc) == (base.scheme, base.netloc)


def size_for(model: str, width: int, height: int) -> str:
    """What is asked of a model: of the sizes that it has, the nearest in shape, then in area."""

    def difference(size: tuple[int, int]) -> tuple[float, float]:
        shape = math.log(size[0] / size[1]) - math.log(width / height)
        return abs(shape), abs(size[0] * size[1] - width * height)

    known = next((sizes for name, sizes in _SIZES.items() if model.startswith(name)), None)
    nearest = min(known, key=difference) if known else (width, height)
    return f"{nearest[0]}x{nearest[1]}"


def _first(content: bytes) -> _Item:
    try:
        answer = _Answer.model_validate_json(content)
    except ValidationError:
        raise ProviderGaveNoPicture(
            f"{NAME} answered with no picture, but: {excerpt(content)}"
        ) from None
    if not answer.data:
        raise ProviderGaveNoPicture(f"{NAME} answered with no picture: {excerpt(content)}")
    return answer.data[0]


def _refuse_by_policy(content: bytes) -> None:
    """Raise PromptRefused if that is what an error says; else it is for the status to tell."""
    try:
        error = _Refusal.model_validate_json(content).error
    except ValidationError:
        return
    if {error.code, error.type} & _POLICY:
        raise PromptRefused(f"{NAME} does not paint this: {error.message[:300]}", field="prompt")
