"""What the API's document shows of keys and customers."""

from gateway.customers.problems import (
    BeyondOwnKey,
    CustomerBeingErased,
    CustomerNotFound,
    KeyNotFound,
    KeyRevoked,
    OwnCustomer,
    TooManyKeys,
)
from gateway.openapi.examples import Examples, Trait

_KEYS, _CUSTOMERS = "/api/v1/keys", "/api/v1/customers"
_KEY, _CUSTOMER = f"{_KEYS}/{{key}}", f"{_CUSTOMERS}/{{customer_id}}"
_KEY_VALUES = {
    "prefix": "q8Zr2LxW0aTb",
    "name": "the nightly run",
    "plan": "standard",
    "state": "active",
    "scopes": ["tasks:read", "tasks:write"],
    "expires_at": "2027-11-27T00:00:00Z",
    "revoked_at": None,
}

EXAMPLES = Examples(
    tags={
        "keys": "API keys, and what they may do",
        "customers": "Customers and their plans (administrators)",
    },
    bodies={
        f"POST {_KEYS}": {"name": "the nightly run", "scopes": ["tasks:read", "tasks:write"]},
        f"PATCH {_KEY}": {"name": "the weekly run", "expires_at": None},
        f"POST {_CUSTOMERS}": {"name": "Acme", "plan": "premium"},
        f"PATCH {_CUSTOMER}": {"plan": "premium", "weight": 2},
    },
    values={
        **{
            f"{schema}.{field}": value
            for schema in ("KeyView", "NewKey")
            for field, value in _KEY_VALUES.items()
        },
        "NewKey.key": "wk_q8Zr2LxW0aTb_…",
        "CustomerView.name": "Acme",
        "CustomerView.waiting_limit": None,
    },
    traits={f"POST {_CUSTOMERS}": (Trait.UNLOCATED,)},
    problems={
        f"POST {_KEYS}": (
            BeyondOwnKey,
            CustomerBeingErased,
            CustomerNotFound,
            TooManyKeys,
        ),
        f"GET {_KEY}": (KeyNotFound,),
        f"PATCH {_KEY}": (BeyondOwnKey, KeyNotFound, KeyRevoked),
        f"DELETE {_KEY}": (BeyondOwnKey, KeyNotFound),
        f"PATCH {_CUSTOMER}": (CustomerNotFound,),
        f"POST {_CUSTOMER}/erase": (CustomerNotFound, OwnCustomer),
    },
)
