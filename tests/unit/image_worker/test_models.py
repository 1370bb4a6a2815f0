"""Models are read only if they are the ones that were tested."""

from pathlib import Path

import pytest

from image_worker.adapters.face_models import FULL_RANGE, LANDMARKS, SHORT_RANGE
from image_worker.adapters.model_files import ModelFile
from image_worker.adapters.span_enlarger import MODELS
from image_worker.adapters.u2net_cutter import MODEL
from image_worker.errors import ModelMissing

ALL = [
    MODEL,
    FULL_RANGE,
    SHORT_RANGE,
    LANDMARKS,
    *(file for pair in MODELS.values() for file in pair),
]


@pytest.mark.parametrize("model", ALL, ids=lambda model: Path(model.path).name)
def test_every_model_is_installed_and_unchanged(model: ModelFile) -> None:
    assert model.file.is_file()


def test_another_file_in_its_place_is_refused() -> None:
    with pytest.raises(ModelMissing, match="not the model that was tested"):
        _ = ModelFile(MODEL.package, MODEL.path, "0" * 64).file


@pytest.mark.parametrize("package", ["rembg", "no_such_package"])
def test_a_missing_file_says_what_to_do(package: str) -> None:
    with pytest.raises(ModelMissing, match="make setup"):
        _ = ModelFile(package, "nothing.onnx", "0" * 64).file
