"""Straight from a camera, or through which program: what the marks in a header add up to.

A rule of marks, not a measurement of error: a careful person can make any header look like a camera's. The marks of programs
are data, each with its source (``data/header_traces.json``). What they give on known files:
``docs/methods/header.md``.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from homeward.descriptors.header_make import make_vote, packaged, plain_make
from homeward.descriptors.header_records import HeaderSignature, Origin

CAMERA_FORMATS = {"JPEG", "HEIF", "TIFF", "MP4", "MOV"}
"""Formats in which cameras and phones write."""
_WORD = re.compile(r"[A-Za-z]{3,}")
_CODE = re.compile(r"\S*\d\S*")
_FIRMWARE = {"ver", "version", "digital", "camera", "rev", "bld", "build", "firmware", "release", "prm"}
"""Words that name a version and no program."""


class Trace(msgspec.Struct, frozen=True):
    """A mark that a program leaves: where it stands (``field``), how it begins, and what it says about the file."""

    field: str
    """``software``, ``text`` or ``order``, as in the signature."""
    begins: str
    app: str
    kind: str
    """``editor``, ``manager``, ``library``, ``site``, ``screenshot``, ``scanner``, or ``camera`` for a camera's own program."""
    source: str


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a header says about the way of its file. ``reasons`` are plain sentences, the decisive one first."""

    origin: Origin
    app: str = ""
    """The program, where its mark is known or it names itself."""
    kind: str = ""
    """Kind of that program as in :class:`Trace`; empty where it only names itself."""
    make: str = ""
    """Whose cameras write such headers: by the reference set, not by what the file claims."""
    reasons: tuple[str, ...] = ()


@cache
def traces() -> tuple[Trace, ...]:
    """Every known mark."""
    return msgspec.json.decode(packaged("header_traces.json"), type=tuple[Trace, ...])


def judge(signature: HeaderSignature) -> Verdict:
    """Which way the file came, as far as its header tells."""
    if not signature.format:
        return Verdict(Origin.UNKNOWN, reasons=("its format has no header that is read",))
    vote = make_vote(signature)
    make = vote.make if vote else ""
    found = find_trace(signature)
    if found is not None and found.kind != "camera":
        return Verdict(Origin.APP, found.app, found.kind, make, (f"it carries the mark of {found.app}",))
    if found is None and names_a_program(signature.software, signature.make, signature.model):
        return Verdict(Origin.APP, signature.software, "", make, (f"its software tag names a program: {signature.software}",))
    origin, reasons = _without_marks(signature)
    if make and signature.make and plain_make(signature.make) != make:
        reasons = (*reasons, f"it says {signature.make}, and is laid out as cameras of {make} do")
    return Verdict(origin, make=make, reasons=reasons)


def find_trace(signature: HeaderSignature) -> Trace | None:
    """The first known mark in a signature; those of programs come before those of cameras."""
    held = {"software": (signature.software,), "text": signature.texts, "order": signature.order}
    found = [trace for trace in traces() if any(text.startswith(trace.begins) for text in held[trace.field])]
    return min(found, key=lambda trace: trace.kind == "camera", default=None)


def names_a_program(software: str, make: str, model: str) -> bool:
    """Whether a software tag names a program rather than a version of a camera's own: a word is left when version words, codes
    with digits and the names of maker and model are taken away.
    """
    device = f"{make} {model}".lower()
    words = [word.lower() for word in _WORD.findall(_CODE.sub(" ", software))]
    return any(word not in _FIRMWARE and word not in device for word in words)


def _without_marks(signature: HeaderSignature) -> tuple[Origin, tuple[str, ...]]:
    """The origin of a file in which no program names itself."""
    library = f"its tables are {signature.scale}, which programs use" if signature.scale else ""
    if signature.format not in CAMERA_FORMATS:
        return Origin.STRIPPED, (f"no camera writes {signature.format}",)
    if not (signature.make and signature.model):
        lost = "it names no camera"
        return (Origin.STRIPPED, (lost, library) if library else (lost,))
    if not signature.taken:
        return Origin.UNKNOWN, ("it names a camera and no time at which it was taken",)
    own = [
        said
        for said, there in (
            ("its tables are no scaled standard tables", bool(signature.tables) and not signature.scale),
            ("it has a thumbnail", bool(signature.thumbnail)),
            ("it has a maker note", bool(signature.maker_note)),
        )
        if there
    ]
    if signature.format == "JPEG" and len(own) < 2:
        return Origin.UNKNOWN, ("it names a camera, and too little else is as cameras write it", *own)
    return Origin.CAMERA, ("it names a camera and a time, and no program left a mark", *own)
