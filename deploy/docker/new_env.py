"""Prints fresh secrets for docker-compose.yml: python3 deploy/docker/new_env.py > .env"""

import secrets
import sys

NAMES = (
    "POSTGRES_PASSWORD",
    "RABBITMQ_PASSWORD",
    "GRAFANA_PASSWORD",
    "WARREN_SEARCH_TOKEN",
    "WARREN_LINK_KEYS",
    "WARREN_SEALING_KEYS",
)
#: Of randomness each; in base64url, so that they can stand in URLs. Sealing keys must have 32.
_BYTES = 32


def main() -> None:
    """Print them as assignments that a shell and Compose read alike."""
    for name in NAMES:
        sys.stdout.write(f"{name}={secrets.token_urlsafe(_BYTES)}\n")


if __name__ == "__main__":
    main()
