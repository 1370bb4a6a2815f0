"""Pollinations: `GET {url}/prompt/{prompt}` answers with the picture."""

from urllib.parse import quote

import httpx

from image_worker.adapters.outside.answers import excerpt, picture_of, read_answer
from image_worker.adapters.outside.http_pictures import HttpPictures
from image_worker.errors import PromptRefused, ProviderGaveNoPicture
from image_worker.ports import PaintedPicture, PictureRequest, Steps

NAME = "pollinations"
#: Servers on the way take no longer addresses.
_LONGEST_ADDRESS = 7_500


class Pollinations(HttpPictures):
    """Implements `PictureProvider`; one thread at a time. `close` when done."""

    name = NAME

    def paint(self, request: PictureRequest, steps: Steps) -> PaintedPicture:
        """One call; `steps` is called before it and after it."""
        steps(0, 1)
        asked = self._client.build_request(
            "GET", f"prompt/{quote(request.prompt, safe='')}", params=self._query(request)
        )
        if len(asked.url.raw_path) > _LONGEST_ADDRESS:
            raise PromptRefused(
                f"{NAME} takes prompts in its address, and this one makes that longer than "
                f"{_LONGEST_ADDRESS} bytes: shorten it, or name another provider",
                field="prompt",
            )
        content = self._answer(asked)
        steps(1, 1)
        return PaintedPicture(picture_of(content, NAME), {})

    def _query(self, request: PictureRequest) -> dict[str, str]:
        query = {
            "width": str(request.width),
            "height": str(request.height),
            "seed": str(request.seed),
            "model": self.model,
            # No watermark, and no place in the provider's public feed.
            "nologo": "true",
            "private": "true",
        }
        if request.negative_prompt:
            query["negative_prompt"] = request.negative_prompt[:500]
        return query

    def _answer(self, asked: httpx.Request) -> bytes:
        with self._provider.calling():
            response = self._client.send(asked, stream=True)
            try:
                answer = read_answer(response, NAME).raise_for_status()
            finally:
                response.close()
        media_type = answer.headers.get("content-type", "")
        if not media_type.startswith("image/"):
            raise ProviderGaveNoPicture(
                f"{NAME} answered with {media_type or 'no media type'}, not with a picture: "
                f"{excerpt(answer.content)}"
            )
        return answer.content
