"""GET /v1/models and GET /v1/models/{id}."""

from typing import Annotated, LiteralString

from fastapi import APIRouter, Depends

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.openai_compatible.offers import Offer, offers
from gateway.openai_compatible.problems import ModelNotFound
from gateway.openai_compatible.schemas import ModelList, ModelView
from warren.contracts.images import GenerateImage, TransferStyle
from warren.contracts.speech import SynthesizeSpeech

router = APIRouter(prefix="/v1/models", tags=["OpenAI clients"])

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
App = Annotated[Gateway, Depends(gateway_of)]

_JOBS = (SynthesizeSpeech, GenerateImage, TransferStyle)
_ANNOUNCED: LiteralString = """
SELECT kind, extract(epoch FROM min(announced_at))::bigint AS at FROM job_kinds GROUP BY kind
"""


@router.get("")
async def list_models(caller: Reader, gateway: App) -> ModelList:
    """Models that may be named: OpenAI's names, and Warren's own kinds and providers."""
    since = await _since(gateway)
    found = await offers(gateway.catalogue, caller, *_JOBS)
    return ModelList(data=[_view(one, since) for one in found.values()])


@router.get("/{model:path}")
async def get_model(model: str, caller: Reader, gateway: App) -> ModelView:
    """One model."""
    found = (await offers(gateway.catalogue, caller, *_JOBS)).get(model)
    if found is None:
        raise ModelNotFound.at("model", f"{model[:100]!r} does not exist")
    return _view(found, await _since(gateway))


async def _since(gateway: Gateway) -> dict[str, int]:
    async with gateway.pool.connection() as connection:
        rows = await (await connection.execute(_ANNOUNCED)).fetchall()
    return {row["kind"]: row["at"] for row in rows}


def _view(one: Offer, since: dict[str, int]) -> ModelView:
    return ModelView(id=one.id, created=since.get(one.kind.definition.kind, 0))
