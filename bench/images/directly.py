"""The same work by the libraries alone: what somebody would write in an afternoon."""

import io
from functools import cache
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bench.images.samples import Picture
from image_worker.adapters.face_finder import MeshFaceFinder
from image_worker.adapters.procedural.composing import compose
from image_worker.adapters.procedural.reading import read
from image_worker.adapters.span_enlarger import MODELS
from image_worker.adapters.u2net_cutter import MODEL
from image_worker.service.swapping_faces import swap


def paint(prompt: str, side: int) -> bytes:
    """The painter itself: there is no library that does the same."""
    return png(compose(read(prompt), side, side, 1, lambda done, of: None))


def remove_background(file: bytes) -> bytes:
    """ONNX runtime, and the mask enlarged as it is."""
    pixels = _opened(file)
    small = cv2.resize(pixels, (320, 320), interpolation=cv2.INTER_AREA).astype(np.float32)
    values = (small / small.max() - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    tensor = np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)
    mask = _session().run(["1959"], {"input.1": tensor})[0][0, 0]
    alpha = np.clip(mask * 255, 0, 255).astype(np.uint8)
    height, width = pixels.shape[:2]
    large = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_CUBIC)
    return png(np.dstack([pixels, large]))


def enlarge(file: bytes, scale: int) -> bytes:
    """ncnn on the whole picture at once."""
    import ncnn

    pixels = _opened(file)
    extractor = _net(scale).create_extractor()
    values = np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32) / 255
    extractor.input("data", ncnn.Mat(values))
    large = np.array(extractor.extract("output")[1]).transpose(1, 2, 0)
    return png(np.clip(large * 255, 0, 255).astype(np.uint8))


def oil(file: bytes) -> bytes:
    """OpenCV's own filter."""
    return png(np.asarray(cv2.xphoto.oilPainting(_opened(file), 5, 1), np.uint8))


def swap_faces(source: bytes, target: bytes) -> bytes:
    """Our own functions without the job around them: no library swaps by landmarks."""
    first, second = _opened(source), _opened(target)
    faces = _finder().find(second)
    result = swap(
        first, _finder().find(first)[0], second, faces, 0.8, lambda percent, message: None
    )
    return png(result)


def png(pixels: Picture) -> bytes:
    """With the same compression as the jobs'."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _opened(file: bytes) -> Picture:
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


@cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(MODEL.file), options, ["CPUExecutionProvider"])


@cache
def _net(scale: int) -> Any:
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = 1
    for load, file in zip((net.load_param, net.load_model), MODELS[scale], strict=True):
        load(str(file.file))
    return net


@cache
def _finder() -> MeshFaceFinder:
    return MeshFaceFinder(thread_count=1)
