"""The two networks that read print: taken from the installed package, checked by digest before they are loaded.

They are PP-OCRv6 small (PaddleOCR, Apache-2.0) as the wheel of ``rapidocr`` carries them. Nothing of that package is imported:
only its model files are used, so nothing can be downloaded or sent. They run on one thread of the processor.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from homeward.core import HomewardError

if TYPE_CHECKING:
    import onnxruntime

FINDER, READER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
DIGESTS = {
    FINDER: "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    READER: "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}
"""SHA-256 of each model file; results are only comparable within one pair."""
NEEDED = ("onnxruntime", "rapidocr", "zxingcpp")
MISSING = "Words in pictures are not read here: that takes pip install 'homeward[text]'"


class TextUnavailable(HomewardError, RuntimeError):
    """What reads words is not installed, or is not the version that it must be."""


def available() -> bool:
    """Whether the extra ``text`` is installed; nothing is imported for that."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


def model_bytes(name: str) -> bytes:
    """One model file of the installed package.

    Raises:
        TextUnavailable: it is missing, or other bytes than were tested.
    """
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise TextUnavailable(MISSING)
    try:
        data = (Path(spec.submodule_search_locations[0]) / "models" / name).read_bytes()
    except OSError as error:
        raise TextUnavailable(f"the installed rapidocr holds no {name}: {MISSING}") from error
    if hashlib.sha256(data).hexdigest() != DIGESTS[name]:
        raise TextUnavailable(f"{name} of the installed rapidocr is not the file that was tested")
    return data


@cache
def session(name: str) -> onnxruntime.InferenceSession:
    """A loaded network, on one thread. Its memory arena keeps what the largest picture needed, for as long as the worker lives.

    Raises:
        TextUnavailable: see :func:`model_bytes`.
    """
    data = model_bytes(name)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = True
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


@cache
def alphabet() -> tuple[str, ...]:
    """What each output of the reading network stands for: nothing, then its characters, then a blank."""
    listed = session(READER).get_modelmeta().custom_metadata_map["character"].splitlines()
    return ("", *listed, " ")
