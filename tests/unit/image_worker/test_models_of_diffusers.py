"""What tells one pipeline's folder from another."""

import os
from pathlib import Path

from image_worker.adapters.outside.diffusers_pictures import fingerprint


def test_other_weights_are_another_model(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text("{}")
    weights = tmp_path / "unet" / "weights.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"one")
    first = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == first

    weights.write_bytes(b"longer")
    longer = fingerprint(tmp_path)
    os.utime(weights, ns=(1, 1))
    touched = fingerprint(tmp_path)
    weights.rename(weights.with_name("other.safetensors"))

    assert len({first, longer, touched, fingerprint(tmp_path)}) == 4
