"""What the API's document shows of providers that are left alone."""

from gateway.openapi.examples import Examples, Trait

EXAMPLES = Examples(
    tags={"providers": "Providers that workers leave alone for now (operators)"},
    traits={"POST /api/v1/providers/{provider}/release": (Trait.UNLOCATED,)},
    values={
        "provider": "chatbot",
        "ProviderHold.reason": "503 Service Unavailable",
        "ProviderHold.services": ["sync"],
    },
)
