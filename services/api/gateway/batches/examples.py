"""What the API's document shows of batches."""

from gateway.openapi.examples import Examples
from gateway.problems import ArtifactNotFound, BatchClosed, LaneNotAllowed, UnknownKind
from gateway.tasks.entities import NOT_OWNED
from gateway.tasks.examples import SPEECH

_BATCHES = "/api/v1/batches"
_MEMBERS = f"{_BATCHES}/{{task_id}}/members"

EXAMPLES = Examples(
    tags={"batches": "Tasks whose members are tasks"},
    bodies={
        f"POST {_BATCHES}": {"items": [SPEECH, SPEECH], "total": 4},
        f"POST {_MEMBERS}": {"items": [SPEECH, SPEECH], "offset": 2},
    },
    values={"MemberView.status": "succeeded", "MemberView.progress": 100},
    problems={
        f"POST {_BATCHES}": (UnknownKind, LaneNotAllowed, ArtifactNotFound, *NOT_OWNED),
        f"POST {_MEMBERS}": (
            UnknownKind,
            LaneNotAllowed,
            ArtifactNotFound,
            BatchClosed,
            *NOT_OWNED,
        ),
    },
)
