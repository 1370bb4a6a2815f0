"""What can be wrong with a request about keys and customers."""

from collections.abc import Collection
from typing import Self
from uuid import UUID

from gateway.problems import Problem, Unauthenticated


class BeyondOwnKey(Problem):
    """The caller's key may not do this to that key, or give it so much."""

    status, name, title = 403, "beyond-own-key", "Your API key may not grant that"


class KeyNotFound(Problem):
    """The caller's customer has no such key."""

    status, name, title = 404, "key-not-found", "API key not found"


class CustomerNotFound(Problem):
    """There is no such customer."""

    status, name, title = 404, "customer-not-found", "Customer not found"


class CustomerBeingErased(Problem):
    """Nothing more is written for the customer, nor a key made, while a task erases it."""

    status, name, title = 409, "customer-being-erased", "The customer is being erased"

    @classmethod
    def by(cls, task_id: UUID, customer_id: UUID) -> Self:
        """By this task."""
        detail = (
            f"customer {customer_id} is being erased by task {task_id}: nothing is written for it"
            " any more, unless that task is cancelled or fails"
        )
        return cls(detail, task_id=str(task_id))


class OwnCustomer(Problem):
    """A customer cannot erase itself."""

    status, name, title = 409, "own-customer", "That is your own customer"


class KeyRevoked(Problem):
    """The key was revoked, which nothing undoes."""

    status, name, title = 409, "key-revoked", "The API key has been revoked"


class KeyGone(Unauthenticated):
    """The customer of the key was erased while the request arrived.

    `contents` (SHA-256) were stored for it, and are nobody's now.
    """

    def __init__(self, contents: Collection[str] = ()) -> None:
        super().__init__("the customer of this API key was erased meanwhile")
        self.contents = list(contents)


class TooManyKeys(Problem):
    """The customer has as many keys as it may have."""

    status, name, title = 409, "too-many-keys", "You have too many API keys"
