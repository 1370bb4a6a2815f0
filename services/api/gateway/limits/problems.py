"""What a caller is told who has used up a quota."""

from gateway.problems import Problem


class QuotaUsedUp(Problem):
    """The API key has asked for as much as it may in this window of time."""

    status, name, title = 429, "quota-used-up", "Your API key has used up its quota"

    def __init__(self, detail: str, *, policy: str, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
        # As draft-ietf-httpapi-ratelimit-headers calls it.
        self.extensions["violated-policies"] = [policy]
