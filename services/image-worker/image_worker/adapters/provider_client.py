"""How providers over HTTP are called: with a time-out, by no proxy of the environment."""

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
