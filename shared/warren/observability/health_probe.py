"""Asks a process of Warren whether it can work: `python -m warren.observability.health_probe URL`.

Made for the health checks of containers, so it loads nothing but the standard library. A path
`/readyz` must answer 200. Numbers must answer, too, and tell of an open connection to the broker:
a process without one waits for it, and works on when it is back.
"""

import http.client
import re
import sys
from urllib.parse import urlsplit

_TIMEOUT = 4.0
_CONNECTED = re.compile(rb"^warren_broker_connections (?!0(?:\.0)?$)", re.MULTILINE)


def problem(url: str) -> str | None:
    """Why the process behind `url` cannot work; None if it can."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return f"{url} does not answer: {error}"
    finally:
        connection.close()
    if answer.status != http.client.OK:
        return f"{url} answers {answer.status}"
    if parts.path == "/metrics" and _CONNECTED.search(body) is None:
        return "there is no connection to the broker"
    return None


def main() -> int:
    """0 if it can work; else 1, and one line that says why not."""
    found = problem(sys.argv[1])
    if found is not None:
        sys.stdout.write(f"{found}\n")
    return 0 if found is None else 1


if __name__ == "__main__":
    sys.exit(main())
