"""Whom the key is shown when a provider answers with the address of its picture."""

from contextlib import closing

import httpx
import pytest

from image_worker.adapters.outside.openai_pictures import OpenAiPictures
from image_worker.errors import ProviderGaveNoPicture
from image_worker.ports import PictureRequest
from warren.providers import ProviderBoard

HOST = "127.0.0.1:8443"


@pytest.mark.parametrize(
    "address",
    [
        f"http://{HOST}/x.png",
        "https://127.0.0.1:9/x.png",
        "http://[/x.png",
        "ftp://a.example/x.png",
    ],
)
def test_an_address_that_is_not_called_is_no_picture_and_is_not_shown_the_key(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    called: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        called.append(str(request.url))
        return httpx.Response(200, json={"data": [{"url": address}]})

    monkeypatch.setattr(
        "image_worker.adapters.outside.http_pictures.provider_client",
        lambda url, _key, _timeout: httpx.Client(
            base_url=url, transport=httpx.MockTransport(answer)
        ),
    )
    made = OpenAiPictures(f"https://{HOST}/v1", "sk-1", "sdxl", timeout=5, board=ProviderBoard())

    with closing(made) as painter, pytest.raises(ProviderGaveNoPicture, match="not called"):
        painter.paint(PictureRequest("a castle", "", 64, 64, 1, 1, 1), lambda _done, _of: None)

    assert called == [f"https://{HOST}/v1/images/generations"]
