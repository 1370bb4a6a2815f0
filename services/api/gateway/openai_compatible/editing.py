"""POST /v1/images/edits: a picture repainted, by `image.transfer_style`."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import answer_once, made_id
from gateway.openai_compatible.offers import offer
from gateway.openai_compatible.pictures import pictures_answer
from gateway.openai_compatible.problems import NAMES_TASK, in_words_of
from gateway.openai_compatible.schemas import EditRequest, PaintedPictures
from gateway.openai_compatible.styles import no_style, style_in
from gateway.openai_compatible.waiting import accepted_task, ensure_place, place, succeeded_task
from gateway.problems import FieldError, InvalidFields
from gateway.tasks.envelope import field_errors
from gateway.tasks.routes import accepted_response
from gateway.upload_clients.problems import BadForm
from gateway.upload_clients.receiving import Form, receive_form
from warren.contracts.images import MAX_PROMPT_CHARACTERS, PictureFormat, TransferStyle

router = APIRouter(prefix="/v1/images", tags=["OpenAI clients"])

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]

_DEFAULT_MODEL = TransferStyle.kind
#: The picture, and one that gives the style.
_PICTURES = ("image", "style_image")
_NAMES = {"width": "size", "height": "size"}
_FILE = {"type": "string", "format": "binary"}
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["image", "prompt"],
    "properties": {
        "image": _FILE,
        "prompt": {"type": "string", "maxLength": MAX_PROMPT_CHARACTERS},
        "model": {"type": "string"},
        "n": {"type": "integer", "enum": [1]},
        "size": {"type": "string", "pattern": r"^(auto|[0-9]{1,5}x[0-9]{1,5})$"},
        "response_format": {"type": "string", "enum": ["url", "b64_json"]},
        "output_format": {"type": "string", "enum": [each.value for each in PictureFormat]},
        "user": {"type": "string", "maxLength": 200},
    },
}
_BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}


@router.post(
    "/edits",
    response_model=PaintedPictures,
    responses={200: NAMES_TASK},
    openapi_extra=_BODY,
)
async def edit_image(request: Request, caller: Writer, gateway: App) -> Response:
    """Repaint `image` in the style that `prompt` names, or in that of a second `image[]`.

    Watercolour, oil, pencil, colour pencil, ink, pixel art, cartoon, poster, sepia. There is no
    `mask`: the picture is repainted as a whole. It keeps its size, or is cut and scaled to `size`.
    """
    ensure_place(gateway)
    await gateway.submissions.ensure_room(caller)
    form = await receive_form(request, gateway, _named)
    wanted = EditRequest.of(form.texts)
    job = _job(form, wanted)
    model = await offer(gateway.catalogue, caller, wanted.model or _DEFAULT_MODEL, TransferStyle)

    async def accept(request: Request) -> Response:
        async with gateway.submissions.room(caller) as room:
            task = await gateway.submissions.compose(
                caller,
                job,
                request.headers.get("traceparent"),
                task_id=made_id(request),
                artifacts=list(form.pictures.values()),
                user_id=wanted.user_id,
            )
            accepted = await gateway.writer.accept(task)
            room.taken_by([accepted])
        return accepted_response(job.kind, accepted)

    with place(gateway):
        response = await answer_once(request, form.digest, accept)
        task = accepted_task(request, response)
        if task is None:
            return response
        row = await succeeded_task(request, gateway, task, _NAMES)
    as_files = wanted.wants_files(default=model.answers_with_files)
    return await pictures_answer(request, gateway, row, task.headers, as_files=as_files)


def _named(field: str | None, taken: Collection[str]) -> str:
    if field not in ("image", "image[]"):
        message = "is not supported: the picture is repainted as a whole"
        raise BadForm.at(field or "form", message if field else "has a file without a name")
    if len(taken) == len(_PICTURES):
        raise BadForm.at("image", "are two at most: what to repaint, and whose style to take")
    return _PICTURES[len(taken)]


def _job(form: Form, wanted: EditRequest) -> TransferStyle:
    if "image" not in form.pictures:
        raise InvalidFields([FieldError("image", "is required: a PNG, JPEG or WebP file")])
    style = style_in(wanted.prompt)
    if style is None and "style_image" not in form.pictures:
        raise no_style()
    width, height = wanted.sides or (None, None)
    said = {
        **form.pictures,
        "style": style,
        "output_format": wanted.output_format,
        "width": width,
        "height": height,
    }
    try:
        return TransferStyle.model_validate(said)
    except ValidationError as error:
        with in_words_of(_NAMES):
            raise InvalidFields(field_errors(error, TransferStyle)) from error
