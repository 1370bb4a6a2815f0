"""What a newcomer can type next."""


def first_request(gateway_url: str, api_key: str) -> list[str]:
    """The lines of a command that submits a text to be spoken; each fits on a narrow terminal."""
    return [
        f"curl -s {gateway_url}/api/v1/speech \\",
        f'  -H "X-API-Key: {api_key}" \\',
        """  --json '{"text": "Hello from the warren."}'""",
    ]
