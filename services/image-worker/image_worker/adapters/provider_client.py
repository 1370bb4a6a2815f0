"""How providers over HTTP are called: with a time-out, by no proxy of the environment, and read no
further than an answer can be."""

import httpx


def provider_client(url: str, token: str | None, timeout: float) -> httpx.Client:
    """For addresses below `url`, showing `token` if there is one; whoever asks closes it.

    `timeout` is in seconds.
    """
    return httpx.Client(
        base_url=url.rstrip("/") + "/",
        timeout=timeout,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        trust_env=False,
    )


def whole_answer(response: httpx.Response, most: int, too_long: Exception) -> httpx.Response:
    """A streamed answer with its whole body; raises `too_long` if it has more than `most` bytes."""
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > most:
            raise too_long
    kept = ("content-type", "retry-after")
    headers = {name: response.headers[name] for name in kept if name in response.headers}
    return httpx.Response(
        response.status_code, headers=headers, content=bytes(content), request=response.request
    )
