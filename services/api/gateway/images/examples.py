"""What the API's document shows of pictures."""

from gateway.books.problems import BookNotFound
from gateway.images.problems import (
    DescriptionNotFound,
    ImageNotFound,
    NothingToPicture,
    QuotaSpent,
)
from gateway.openapi.examples import Examples
from gateway.openapi.values import TASK
from gateway.problems import ArtifactNotFound
from gateway.tasks.entities import NOT_OWNED

_IMAGES = "/api/v1/images"
_OF_BOOK = "/api/v1/books/{book_id}/images"
_OTHER = "0199e5c0-8a11-7d02-8c3e-77f0c9f5a1de"
_PROMPT = "a ruined tower covered with yellow ivy"
_JOBS = ("generate", "swap-face", "remove-background", "transfer-style", "enhance")

EXAMPLES = Examples(
    tags={"images": "Make and change pictures"},
    bodies={
        f"POST {_IMAGES}/generate": {"prompt": _PROMPT, "width": 512, "height": 512, "n": 2},
        f"POST {_IMAGES}/swap-face": {"image": TASK, "target_image": _OTHER},
        f"POST {_IMAGES}/remove-background": {"image": TASK, "background": "#ffffff"},
        f"POST {_IMAGES}/transfer-style": {"image": TASK, "style": "watercolour"},
        f"POST {_IMAGES}/enhance": {"image": TASK, "scale": 2, "denoise": 0.3},
        f"POST {_IMAGES}/for-descriptions": {"description_ids": [TASK], "style": "watercolour"},
        f"POST {_OF_BOOK}": {"limit": 10, "style": "watercolour"},
        f"PATCH {_IMAGES}/{{image_id}}": {"keep": True},
    },
    values={
        "ImageView.kind": "image.generate",
        "ImageView.book_id": None,
        "ImageView.description_id": None,
        "ImageView.prompt": _PROMPT,
        "ImageView.provider": "procedural",
        "ImageView.model": None,
        "ImageView.width": 512,
        "ImageView.height": 512,
        "ImageView.keep": False,
        "ImageView.media_type": "image/png",
        "image_url": f"/api/v1/artifacts/{TASK}",
        "thumbnail_url": f"/api/v1/artifacts/{_OTHER}",
    },
    problems={
        **{f"POST {_IMAGES}/{job}": (ArtifactNotFound, QuotaSpent) for job in _JOBS},
        f"POST {_IMAGES}/generate": (ArtifactNotFound, *NOT_OWNED, QuotaSpent),
        f"POST {_IMAGES}/for-descriptions": (DescriptionNotFound, QuotaSpent),
        f"POST {_OF_BOOK}": (BookNotFound, NothingToPicture, QuotaSpent),
        f"GET {_OF_BOOK}": (BookNotFound,),
        f"GET {_IMAGES}/{{image_id}}": (ImageNotFound,),
        f"PATCH {_IMAGES}/{{image_id}}": (ImageNotFound,),
        f"DELETE {_IMAGES}/{{image_id}}": (ImageNotFound,),
    },
)
