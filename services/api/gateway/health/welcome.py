"""GET /api/: what this is, for whoever has no key yet."""

from importlib.metadata import version

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.addresses import public

router = APIRouter(tags=["health"])

_LINKS = {
    "openapi": "/openapi.json",
    "kinds": "/api/v1/kinds",
    "tasks": "/api/v1/tasks",
    "health": "/healthz",
    "readiness": "/readyz",
    "javascript": "/client/warren.js",
    "example": "/client/example.html",
}


class Welcome(BaseModel):
    """Name, version, and where to go on."""

    name: str = "Warren"
    version: str
    links: dict[str, str]


@router.get("/api", include_in_schema=False)
@router.get("/api/")
async def welcome() -> Welcome:
    """What this is, and where to go on; needs no key."""
    return Welcome(
        version=version("warren-api"), links={name: public(path) for name, path in _LINKS.items()}
    )
