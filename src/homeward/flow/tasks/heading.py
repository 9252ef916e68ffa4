"""A file's header as it is kept: keys and device as columns to look up by, the layout itself as facts to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from homeward.descriptors import header
from homeward.descriptors.header_origin import Verdict, judge
from homeward.descriptors.header_records import HeaderSignature
from homeward.flow.units import Heading

if TYPE_CHECKING:
    from homeward.descriptors.header_boxes import At
    from homeward.media.metadata import Metadata


def warm_up() -> None:
    """Load the reference set and the tables that are compared with."""
    header.warm_up()
    judge(header.read_header(b"\xff\xd8\xff\xda\0\2"))


def of_still(data: bytes, metadata: Metadata) -> tuple[Heading, dict[str, object]]:
    """The heading of a still picture file and the facts behind it."""
    signature = header.read_header(data)
    # XMP may name a device of which EXIF is silent; the maker note may name it where both are.
    serial, lens = metadata.body_serial or signature.body_serial, metadata.lens_serial or signature.lens_serial
    return _kept(signature, serial, lens)


def of_clip(at: At, size: int) -> tuple[Heading, dict[str, object]]:
    """The heading of a clip and the facts behind it."""
    signature = header.read_clip_header(at, size)
    return _kept(signature, signature.body_serial, signature.lens_serial)


def _kept(signature: HeaderSignature, body_serial: str, lens_serial: str) -> tuple[Heading, dict[str, object]]:
    verdict = judge(signature)
    heading = Heading(
        full=signature.full,
        bare=signature.bare,
        writer=signature.writer,
        make=signature.make,
        model=signature.model,
        body_serial=body_serial,
        lens_serial=lens_serial,
        origin=verdict.origin.value,
        app=verdict.app,
        likely_make=verdict.make,
    )
    return heading, _layout(signature, verdict)


def _layout(signature: HeaderSignature, verdict: Verdict) -> dict[str, object]:
    """Everything that the columns do not say."""
    facts: dict[str, object] = msgspec.to_builtins(signature)
    told = {name: value for name, value in facts.items() if name not in Heading.__struct_fields__}
    return {**told, "reasons": list(verdict.reasons), "app_kind": verdict.kind}
