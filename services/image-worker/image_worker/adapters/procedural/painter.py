"""The provider that is always there: a painter who needs no model and no network."""

import hashlib

from image_worker.adapters.procedural.composing import compose
from image_worker.adapters.procedural.reading import read
from image_worker.errors import NothingToPaint
from image_worker.ports import PaintedPicture, PictureRequest, Steps

PROVIDER = "procedural"
#: Raised whenever the same request gives another picture.
_VERSION = "1"


class ProceduralPainter:
    """Implements `PictureProvider`; holds nothing, is exact to the byte, and says what it is."""

    name = PROVIDER
    model = "Warren landscape painter (rules, no neural network)"
    version = _VERSION

    def warm_up(self) -> None:
        """Nothing to load: numpy and OpenCV are imported."""

    def paint(self, request: PictureRequest, steps: Steps) -> PaintedPicture:
        """Raises NothingToPaint for a prompt without a letter, a digit or a sign."""
        if not any(
            character.isprintable() and not character.isspace() for character in request.prompt
        ):
            raise NothingToPaint("the prompt has no word that could be painted", field="prompt")
        scene = read(request.prompt, request.negative_prompt)
        picture = compose(scene, request.width, request.height, _seed(request), steps)
        details: dict[str, object] = {
            "place": scene.place.value,
            "time": scene.time.value,
            "weather": scene.weather.value,
            "season": scene.season.value,
            "subjects": sorted(subject.value for subject in scene.subjects),
            "understood": list(scene.words),
        }
        return PaintedPicture(picture, details)


def _seed(request: PictureRequest) -> int:
    """Different prompts of one seed are different places."""
    digest = hashlib.sha256(f"{request.seed}\n{request.prompt}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
