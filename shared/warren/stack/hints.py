"""What a newcomer can type next."""


def first_request(gateway_url: str, api_key: str) -> str:
    """A command that submits a text to be spoken."""
    return (
        f"curl -s {gateway_url}/api/v1/speech -H 'Authorization: Bearer {api_key}'"
        """ --json '{"text": "Hello from the warren."}'"""
    )
