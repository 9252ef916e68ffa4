"""Disk images: volumes, and every file system that The Sleuth Kit reads, deleted files and streams included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import pytsk3

from homeward.core.time import Moment
from homeward.evidence.records import Times
from homeward.evidence.streams import Seekable, Tee
from homeward.evidence.walk import ContainerBroken, Node

DEEPEST_FOLDER = 256
_NTFS_FIRST_FILE = 24
"""Master file table records below this one are reserved for the file system."""
SYSTEM_FILES = frozenset({
    "$AttrDef", "$BadClus", "$Bitmap", "$Boot", "$Extend", "$LogFile", "$MFT", "$MFTMirr", "$Secure", "$UpCase", "$Volume",
    "$MBR", "$FAT1", "$FAT2", "$CatalogFile", "$ExtentsFile", "$BadBlockFile", "$AllocationFile", "$StartupFile",
    "$AttributesFile", "$ALLOC_BITMAP", "$UPCASE_TABLE", "$VOLUME_GUID", "$TEX_FAT",
})  # fmt: skip
"""The file system's own files at its root: structure, not content."""
_NO_ZONE = {int(kind) for kind in (pytsk3.TSK_FS_TYPE_FAT12, pytsk3.TSK_FS_TYPE_FAT16, pytsk3.TSK_FS_TYPE_FAT32)}
_STREAMS = {pytsk3.TSK_FS_ATTR_TYPE_NTFS_DATA: "", pytsk3.TSK_FS_ATTR_TYPE_HFS_RSRC: "rsrc"}


class Image(pytsk3.Img_Info):  # type: ignore[misc]
    """Blocks for The Sleuth Kit out of anything seekable; a failed read names its place and fails only the file it serves."""

    def __init__(self, content: Any, size: int) -> None:
        self._content, self._bytes = content, size
        self.damaged: list[tuple[int, int]] = getattr(content, "damaged", [])
        """Stretches (first byte, end) that could not be read and stand as zeros: files that lie on them are not readable."""
        super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

    def get_size(self) -> int:
        """Bytes."""
        return self._bytes

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset``; an error here would cost the whole listing, so zeros stand for what is lost."""
        try:
            self._content.seek(offset)
            data: bytes = self._content.read(size)
        except OSError:
            self.damaged.append((offset, offset + size))
            return bytes(size)
        return data

    def spoils(self, runs: Iterable[tuple[int, int]]) -> bool:
        """Whether a file that lies on these stretches (first byte, end) has lost something."""
        return bool(self.damaged) and any(begin < bad_end and bad < end for begin, end in runs for bad, bad_end in self.damaged)

    def close(self) -> None:
        """The content is borrowed."""


class Raw:
    """A raw image, or the segments of one."""

    def members(self, node: Node, content: Seekable | Tee) -> Iterator[Node]:
        """Every file of every volume."""
        file = cast("Seekable", content)
        yield from file_system_members(node, Image(file, size_of(file)))


def file_system_members(node: Node, image: Image) -> Iterator[Node]:
    """Files of the one file system on ``image``, or of each of its volumes as a layer ``p1``, ``p2`` and on.

    Raises:
        ContainerBroken: there is neither.
    """
    try:
        yield from _Files(node, pytsk3.FS_Info(image), image, 0)
        return
    except OSError:
        pass
    try:
        volumes = [part for part in pytsk3.Volume_Info(image) if part.flags & pytsk3.TSK_VS_PART_FLAG_ALLOC]
    except OSError:
        if node.path.name.lower().endswith((".img", ".dd", ".raw", ".e01", ".001", ".iso")):
            raise ContainerBroken("no file system in it can be read") from None
        return
    block = pytsk3.Volume_Info(image).info.block_size
    for number, part in enumerate(volumes, 1):
        layer = Node(node.path / f"p{number}", part.len * block, node.open, address=f"offset {part.start * block}")
        try:
            system = pytsk3.FS_Info(image, offset=part.start * block)
        except OSError:
            what = part.desc.decode("utf-8", "replace")
            yield _refused(layer, f"the volume ({what}) has no file system that can be read")
            continue
        yield from _Files(layer, system, image, part.start * block)


class _Files:
    """Every file of a file system, folder by folder."""

    def __init__(self, node: Node, system: Any, image: Image, offset: int) -> None:
        self._node, self._system, self._image, self._offset = node, system, image, offset
        self._zoned = int(system.info.ftype) not in _NO_ZONE
        self._is_ntfs = int(system.info.ftype) == int(pytsk3.TSK_FS_TYPE_NTFS)
        self._paths: set[str] = set()
        self._folders: set[int] = set()

    def __iter__(self) -> Iterator[Node]:
        yield from self._folder(self._system.open_dir(inode=self._system.info.root_inum), "", 0)

    def _folder(self, folder: Any, path: str, depth: int) -> Iterator[Node]:
        named: list[tuple[Any, Any, str, bool]] = []
        for entry in folder:
            name = entry.info.name.name.decode("utf-8", "surrogateescape")
            if name in {".", ".."} or (not depth and name in SYSTEM_FILES) or name.endswith("(Volume Label Entry)"):
                continue
            yield from self._entry(entry, f"{path}/{name}", depth, named)
        for stream in named:  # last: a file may truly be called "name:stream", and that name is its own
            yield self._file(*stream)

    def _entry(self, entry: Any, path: str, depth: int, named: list[tuple[Any, Any, str, bool]]) -> Iterator[Node]:
        meta = entry.info.meta
        deleted = bool(int(entry.info.name.flags) & int(pytsk3.TSK_FS_NAME_FLAG_UNALLOC))
        if _is_folder(entry):
            named += [(entry, attribute, path, deleted) for attribute in _streams(entry) if _is_named(attribute)]
            yield from self._enter(entry, path, depth, deleted)
            return
        if self._is_structure(entry):
            return
        address = _inode(entry)
        if deleted and (meta is None or int(meta.flags) & int(pytsk3.TSK_FS_META_FLAG_ALLOC)):
            yield _refused(self._at(path, address, meta, deleted), "it was deleted; its place belongs to another file now")
        elif meta is None:
            yield _refused(self._at(path, address, meta, deleted), "its entry leads nowhere")
        elif deleted and meta.size == 0:
            yield _refused(self._at(path, address, meta, deleted), "it was deleted; its content is gone")
        else:
            for attribute in _streams(entry):
                if _is_named(attribute):
                    named.append((entry, attribute, path, deleted))
                else:
                    yield self._file(entry, attribute, path, deleted)

    def _is_structure(self, entry: Any) -> bool:
        """The file system's own: virtual files of the reader, and NTFS's reserved records."""
        meta = entry.info.meta
        if meta is not None and meta.type in {pytsk3.TSK_FS_META_TYPE_VIRT, pytsk3.TSK_FS_META_TYPE_VIRT_DIR}:
            return True
        return self._is_ntfs and entry.info.name.meta_addr < _NTFS_FIRST_FILE

    def _enter(self, entry: Any, path: str, depth: int, deleted: bool) -> Iterator[Node]:
        number = entry.info.meta.addr if entry.info.meta is not None else None
        if number is None or number in self._folders or depth >= DEEPEST_FOLDER:
            return
        self._folders.add(number)
        try:
            inner = entry.as_directory()
        except OSError:
            if not deleted:
                yield _refused(self._at(f"{path}/", _inode(entry), entry.info.meta), "this folder cannot be read")
            return
        yield from self._folder(inner, path, depth + 1)

    def _file(self, entry: Any, attribute: Any, path: str, deleted: bool) -> Node:
        name = attribute.info.name.decode("utf-8", "surrogateescape") if attribute and attribute.info.name else ""
        if attribute is not None and name in {"N/A", "DECOMP", "DATA", "RSRC"}:
            name = ""
        if attribute is not None and not name:
            name = _STREAMS.get(attribute.info.type, "")
        size = attribute.info.size if attribute is not None else entry.info.meta.size
        base = self._at(f"{path}:{name}" if name else path, _inode(entry), entry.info.meta, deleted)
        return Node(
            base.path,
            size,
            lambda: _Stream(entry, attribute, size, self._is_spoiled),
            base.times,
            deleted=base.deleted,
            address=base.address,
        )

    def _is_spoiled(self, entry: Any, attribute: Any) -> bool:
        """Whether a file lies on blocks of the image that could not be read."""
        if not self._image.damaged:
            return False
        block = self._system.info.block_size
        held = [attribute] if attribute is not None else list(entry)
        stored = (run for one in held for run in one if not run.flags & pytsk3.TSK_FS_ATTR_RUN_FLAG_SPARSE)
        starts = ((self._offset + run.addr * block, run.len * block) for run in stored)
        return self._image.spoils((start, start + length) for start, length in starts)

    def _at(self, path: str, address: str, meta: Any, deleted: bool = False) -> Node:
        """A node for a path; a second entry of the same name is told apart by its inode."""
        known = path if path not in self._paths else f"{path} ({address or 'again'})"
        while known in self._paths:
            known += "'"
        self._paths.add(known)
        size = meta.size if meta is not None else 0
        opened = self._node.open
        return Node(
            self._node.path / known, size, opened, self._times(meta), deleted=deleted or self._node.deleted, address=address
        )

    def _times(self, meta: Any) -> Times:
        if meta is None:
            return Times()
        found = []
        for name in ("mtime", "atime", "ctime", "crtime"):
            seconds = getattr(meta, name)
            nanoseconds = getattr(meta, f"{name}_nano", 0)
            found.append(Moment(seconds * 1_000_000_000 + nanoseconds, self._zoned) if seconds else None)
        return Times(*found)


class _Stream:
    """One attribute of a file, read forward."""

    def __init__(self, entry: Any, attribute: Any, size: int, is_spoiled: Callable[[Any, Any], bool]) -> None:
        self._entry, self._attribute, self._size, self._at = entry, attribute, size, 0
        self._is_spoiled = is_spoiled

    def read(self, count: int, /) -> bytes:
        """Up to ``count`` bytes.

        Raises:
            ContainerBroken: the medium cannot be read here.
        """
        count = min(count, self._size - self._at)
        if count <= 0:
            if self._is_spoiled(self._entry, self._attribute):
                raise ContainerBroken("part of it lies where the image is damaged")
            return b""
        try:
            if self._attribute is None:
                data: bytes = self._entry.read_random(self._at, count)
            else:
                info = self._attribute.info
                data = self._entry.read_random(self._at, count, info.type, info.id)
        except OSError as error:
            raise ContainerBroken(f"it cannot be read from byte {self._at} on") from error
        if not data:
            raise ContainerBroken(f"it ends after {self._at} of {self._size} bytes")
        self._at += len(data)
        return data


class _Plain:
    """What libyal's libraries ask of a file."""

    def __init__(self, inner: Seekable) -> None:
        self._inner = inner
        self._size = size_of(inner)

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(self._size if size < 0 else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def get_size(self) -> int:
        return self._size


def plain(content: Seekable | Tee) -> Any:
    """``content`` as libyal's libraries want a file."""
    return _Plain(cast("Seekable", content))


def size_of(file: Seekable) -> int:
    """Bytes of something seekable."""
    size = file.seek(0, 2)
    file.seek(0)
    return size


def _is_folder(entry: Any) -> bool:
    kinds = {pytsk3.TSK_FS_META_TYPE_DIR, pytsk3.TSK_FS_META_TYPE_VIRT_DIR}
    if entry.info.meta is not None:
        return entry.info.meta.type in kinds
    return bool(entry.info.name.type == pytsk3.TSK_FS_NAME_TYPE_DIR)


def _streams(entry: Any) -> list[Any]:
    """The attributes that hold content; file systems without attributes have one nameless stream (None)."""
    try:
        held = [attribute for attribute in entry if attribute.info.type in _STREAMS]
    except OSError:
        held = []
    main = [a for a in held if a.info.type == pytsk3.TSK_FS_ATTR_TYPE_NTFS_DATA]
    forks = [a for a in held if a.info.type != pytsk3.TSK_FS_ATTR_TYPE_NTFS_DATA and a.info.size]
    return [*(main or [None]), *forks]


def _is_named(attribute: Any) -> bool:
    """Whether this is an NTFS alternate data stream."""
    named = attribute is not None and attribute.info.name and attribute.info.type == pytsk3.TSK_FS_ATTR_TYPE_NTFS_DATA
    return bool(named) and attribute.info.name not in {b"N/A", b"DECOMP", b"DATA"}


def _inode(entry: Any) -> str:
    number = entry.info.meta.addr if entry.info.meta is not None else entry.info.name.meta_addr
    return f"inode {number}"


def _refused(node: Node, reason: str) -> Node:
    return Node(node.path, node.size, node.open, node.times, deleted=node.deleted, address=node.address, refused=reason)
