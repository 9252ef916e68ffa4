"""Containers, one file a kind, in one ordered table. A reader lists members as nodes; it opens nothing on disk."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from homeward.evidence.streams import Seekable, Tee
    from homeward.evidence.walk import Node


class Reader(Protocol):
    """Lists what is in one container.

    Yield members in a fixed order; a member that cannot be read carries ``refused``. Raise
    :class:`~homeward.evidence.walk.ContainerBroken` when the container ends before its end.
    """

    def members(self, node: Node, content: Seekable | Tee) -> Iterator[Node]:
        """Members of ``node``, whose content is read through ``content``."""
        ...


# Streamed kinds are read forward while they are hashed; the others need random access.
_STREAMED = {
    "tar": "homeward.evidence.containers.tar:Tar",
    "gzip": "homeward.evidence.containers.packed:Gzip",
    "bzip2": "homeward.evidence.containers.packed:Bzip2",
    "xz": "homeward.evidence.containers.packed:Xz",
}
_RANDOM = {
    "zip": "homeward.evidence.containers.zip:Zip",
    "ewf": "homeward.evidence.containers.ewf:Ewf",
    "vmdk": "homeward.evidence.containers.forensic:Vmdk",
    "vhd": "homeward.evidence.containers.forensic:Vhd",
    "qcow2": "homeward.evidence.containers.forensic:Qcow",
    "dmg": "homeward.evidence.containers.forensic:Dmg",
    "apfs": "homeward.evidence.containers.forensic:Apfs",
    "raw image": "homeward.evidence.containers.images:Raw",
}
_BY_MIME = {
    "application/zip": "zip", "application/x-tar": "tar", "application/gzip": "gzip", "application/x-bzip2": "bzip2",
    "application/x-xz": "xz",
}  # fmt: skip


def kind_of_container(mime: str, head: bytes, node: Node) -> str:
    """The key of the reader for content of this type, empty for a plain file. Images are told by their own marks."""
    if head[:8] == b"EVF\x09\x0d\x0a\xff\x00":
        return "ewf" if not node.segment_names or node.segment_names[0] == node.path.name else ""
    if head[:4] == b"QFI\xfb":
        return "qcow2"
    if head[:4] == b"KDMV" or head[:21] == b"# Disk DescriptorFile":
        return "vmdk"
    if head[:8] == b"conectix" or head[:8] == b"vhdxfile":
        return "vhd"
    if head[32:36] == b"NXSB":
        return "apfs"
    if mime in _BY_MIME:
        return _BY_MIME[mime]
    if not mime.startswith(("image/", "video/", "audio/")):
        return _by_trailer(node) or ("raw image" if _is_disk(head) else "")
    return ""


def load_all() -> None:
    """Import every reader while files can still be opened."""
    for kind in (*_STREAMED, *_RANDOM):
        reader_for(kind)


def is_streamed(kind: str) -> bool:
    """Whether this kind is read forward."""
    return kind in _STREAMED


def reader_for(kind: str) -> Reader:
    """The reader registered for ``kind``."""
    module, name = (_STREAMED.get(kind) or _RANDOM[kind]).split(":")
    reader: Reader = getattr(importlib.import_module(module), name)()
    return reader


def _is_disk(head: bytes) -> bool:
    """Boot sectors, partition tables and superblocks of the file systems that can be read."""
    return (
        (head[510:512] == b"\x55\xaa" and len(head) >= 1024)
        or head[512:520] == b"EFI PART"
        or head[1080:1082] == b"\x53\xef"
        or head[1024:1026] in {b"H+", b"HX"}
        or head[32769:32774] == b"CD001"
    )


def _by_trailer(node: Node) -> str:
    """DMG and fixed VHD keep their mark at the end."""
    if not node.segments:
        return ""
    last = node.segments[0]
    last.seek(max(0, node.size - 512))
    trailer = last.read(512)
    last.seek(0)
    if trailer[:4] == b"koly":
        return "dmg"
    return "vhd" if trailer[:8] == b"conectix" else ""
