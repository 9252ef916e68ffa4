"""VMDK, VHD, qcow2, DMG and APFS through the libraries that the extra ``forensic`` brings."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

from homeward.evidence.containers.images import Image, file_system_members, plain
from homeward.evidence.records import NEEDS_EXTRA
from homeward.evidence.streams import Seekable, Tee
from homeward.evidence.walk import ContainerBroken, Node


class _Blocks:
    """A format that is only a layer of blocks: its volumes are read like those of a raw image, deleted files included."""

    name: ClassVar[str]
    module: ClassVar[str]

    def __init__(self) -> None:
        self._library = _optional(self.module)

    def members(self, node: Node, content: Seekable | Tee) -> Iterator[Node]:
        """Every file of every volume.

        Raises:
            ContainerBroken: the extra is not installed, or the image makes no sense.
        """
        if self._library is None:
            raise ContainerBroken(f"{self.name} images {NEEDS_EXTRA}")
        handle = self.open(self._library, plain(content))
        try:
            yield from file_system_members(node, Image(handle, handle.get_media_size()))
        finally:
            handle.close()

    def open(self, library: ModuleType, file: Any) -> Any:
        """A handle with ``read``, ``seek`` and ``get_media_size``."""
        handle = library.file()
        handle.open_file_object(file)
        return handle


class Qcow(_Blocks):
    """QEMU's copy-on-write images."""

    name, module = "qcow2", "pyqcow"


class Vhd(_Blocks):
    """Virtual Hard Disk, first and second generation."""

    name, module = "VHD", "pyvhdi"


class Dmg(_Blocks):
    """Apple disk images."""

    name, module = "DMG", "pymodi"

    def open(self, library: ModuleType, file: Any) -> Any:
        """A handle over one file."""
        handle = library.handle()
        handle.open_file_object(file)
        return handle


class Vmdk(_Blocks):
    """VMware disks whose extent lies in the same file."""

    name, module = "VMDK", "pyvmdk"

    def open(self, library: ModuleType, file: Any) -> Any:
        """A handle over descriptor and extent in one file."""
        handle = library.handle()
        handle.open_file_object(file)
        handle.open_extent_data_files_as_file_objects([file])
        return handle


class Apfs:
    """Apple's file system: volumes as layers, live files only."""

    def __init__(self) -> None:
        self._library = _optional("pyfsapfs")

    def members(self, node: Node, content: Seekable | Tee) -> Iterator[Node]:
        """Every file of every volume.

        Raises:
            ContainerBroken: the extra is not installed.
        """
        if self._library is None:
            raise ContainerBroken(f"APFS images {NEEDS_EXTRA}")
        container = self._library.container()
        container.open_file_object(plain(content))
        try:
            for number in range(container.get_number_of_volumes()):
                volume = container.get_volume(number)
                layer = Node(node.path / f"v{number + 1}", 0, node.open)
                if volume.is_locked():
                    yield Node(layer.path, 0, node.open, refused="the volume needs a password")
                    continue
                yield from _folder(layer, volume.get_root_directory(), "")
        finally:
            container.close()


def _folder(layer: Node, folder: Any, path: str) -> Iterator[Node]:
    for at in range(folder.get_number_of_sub_file_entries()):
        entry = folder.get_sub_file_entry(at)
        name = f"{path}/{entry.get_name()}"
        if entry.get_number_of_sub_file_entries():
            yield from _folder(layer, entry, name)
        elif entry.get_file_mode() & 0o170000 == 0o100000:
            yield _file(layer, entry, name)


def _file(layer: Node, entry: Any, name: str) -> Node:
    from homeward.core.time import Moment
    from homeward.evidence.records import Times

    moments = (
        entry.get_modification_time_as_integer(),
        entry.get_access_time_as_integer(),
        entry.get_inode_change_time_as_integer(),
        entry.get_creation_time_as_integer(),
    )
    return Node(
        layer.path / name,
        entry.get_size(),
        lambda: _Content(entry),
        Times(*(Moment(moment) for moment in moments)),
        address=f"inode {entry.get_identifier()}",
    )


class _Content:
    def __init__(self, entry: Any) -> None:
        self._entry, self._left = entry, entry.get_size()
        entry.seek_offset(0, 0)

    def read(self, count: int, /) -> bytes:
        data: bytes = self._entry.read_buffer(min(count, self._left)) if self._left else b""
        self._left -= len(data)
        return data


def _optional(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
