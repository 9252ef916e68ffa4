"""The same images listed by a second, independent reader (dfvfs), and every difference said.

Readers disagree in practice: one public reader leaves out live files of a folder that holds deleted entries. A listing
that two readers agree on is worth more in court.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import pkgutil
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from homeward.core import StackedPath
from homeward.core.errors import WrongUse
from homeward.evidence.containers.images import DEEPEST_FOLDER, SYSTEM_FILES
from homeward.evidence.limits import ENTRIES
from homeward.sandbox import Call, Limits, Lost, Message, Pool, alive

IMAGES = frozenset({"ewf", "raw image", "vmdk", "vhd", "qcow2", "dmg", "apfs"})
"""Kinds of containers that the second reader is asked about."""
TASK = "homeward.evidence.second_reader:listing"
_LIMITS = Limits(memory=1 << 30, cpu_seconds=12 * 3600, wall_seconds=900.0)
_CHUNK = 1 << 20


class Listed(msgspec.Struct, frozen=True):
    """What one reader said of one file; ``sha256`` is None where it could not be read."""

    size: int
    sha256: str | None
    deleted: bool = False
    link: bool = False
    """A symbolic link: readers write its target differently, so only that it is there is compared."""


class Difference(msgspec.Struct, frozen=True):
    """One file on which the readers disagree."""

    path: StackedPath
    text: str


class _Entry(msgspec.Struct, frozen=True):
    volume: str
    path: str
    size: int
    sha256: str | None
    link: bool = False


_entry = msgspec.msgpack.Decoder(_Entry).decode


def differences(images: Mapping[str, Path], first: Mapping[str, Listed]) -> list[Difference]:
    """Every difference between ``first`` (stacked path to what was registered) and what dfvfs lists in ``images`` (stacked path
    of the image to where it lies). Deleted files are the first reader's alone and no difference.

    Raises:
        WrongUse: the extra is not installed.
    """
    if importlib.util.find_spec("dfvfs") is None:
        raise WrongUse("the second reader needs the extra: pip install 'homeward[forensic]'")
    found: list[Difference] = []
    for image, location in sorted(images.items()):
        ours = {path: listed for path, listed in first.items() if path.startswith(f"{image} > ") and not listed.deleted}
        theirs: dict[str, Listed] = {}
        trouble = _ask(StackedPath.parse(image), location, theirs)
        if trouble:
            found.append(Difference(StackedPath.parse(image), f"the second reader could not list it: {trouble}"))
        else:
            found += compare(StackedPath.parse(image), ours, theirs)
    return found


def compare(image: StackedPath, first: Mapping[str, Listed], second: Mapping[str, Listed]) -> list[Difference]:
    """Differences between two listings of one image, in the order of paths. What lies deeper than the image's own file systems
    (archives, embedded pictures) is not compared.
    """
    shallow = {path: listed for path, listed in first.items() if _is_direct(image, path)}
    found = []
    for path in sorted(shallow.keys() | second.keys()):
        ours, theirs = shallow.get(path), second.get(path)
        if ours is None:
            text = "only the second reader lists it"
        elif theirs is None:
            text = "the second reader does not list it"
        elif ours.sha256 != theirs.sha256 and not theirs.link:
            text = f"the readers differ: {_short(ours)} and {_short(theirs)}"
        else:
            continue
        found.append(Difference(StackedPath.parse(path), text))
    return found


def warm_up() -> None:
    """Import all of dfvfs: libraries cannot be loaded behind the lock."""
    import dfvfs

    for module in pkgutil.walk_packages(dfvfs.__path__, "dfvfs."):
        importlib.import_module(module.name)


def listing(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:  # noqa: ARG001 - a task's signature
    """One record for each live file and stream in the image at the path in ``payload``."""
    from dfvfs.helpers import volume_scanner
    from dfvfs.resolver import resolver

    options = volume_scanner.VolumeScannerOptions()
    options.partitions, options.volumes, options.snapshots = ["all"], ["all"], ["none"]
    options.scan_mode = options.SCAN_MODE_ALL
    scanner = volume_scanner.VolumeScanner()
    count = 0
    for base in scanner.GetBasePathSpecs(os.fsdecode(payload), options=options):
        root = resolver.Resolver.OpenFileEntry(base)
        for entry in _walk(root, "", 0):
            count += 1
            if count > ENTRIES:
                return
            yield msgspec.msgpack.encode(msgspec.structs.replace(entry, volume=_volume(base)))


def _ask(image: StackedPath, location: Path, found: dict[str, Listed]) -> str:
    """Fill ``found`` with the second reader's listing; returns why it could not be had, empty when it could."""
    libraries = [Path(path) for path in {sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")}]
    with Pool([TASK], workers=1, limits=_LIMITS, readable=[location.parent, *libraries]) as pool:
        for event in pool.run([Call(0, TASK, os.fsencode(location), read=_entry)]):
            if isinstance(event, Message):
                entry = event.body
                inside = image / entry.volume if entry.volume else image
                found[str(inside / entry.path)] = Listed(entry.size, entry.sha256, link=entry.link)
            elif isinstance(event, Lost):
                return event.reason
    return ""


def _walk(folder: Any, path: str, depth: int) -> Iterator[_Entry]:
    for entry in folder.sub_file_entries:
        name = f"{path}/{entry.name}"
        if not depth and entry.name in SYSTEM_FILES:
            continue
        if entry.IsLink():
            yield _Entry("", name, len(entry.link or ""), None, link=True)
        elif entry.IsDirectory():
            yield from _streams(entry, name, named_only=True)
            if depth < DEEPEST_FOLDER:
                yield from _walk(entry, name, depth + 1)
        elif entry.IsFile():
            yield from _streams(entry, name, named_only=False)


def _streams(entry: Any, path: str, *, named_only: bool) -> Iterator[_Entry]:
    for stream in entry.data_streams:
        if named_only and not stream.name:
            continue
        content = entry.GetFileObject(data_stream_name=stream.name)
        digest = hashlib.sha256()
        size = 0
        sha256: str | None = None
        if content is not None:
            try:
                while data := content.read(_CHUNK):
                    digest.update(data)
                    size += len(data)
                    alive()
                sha256 = digest.hexdigest()
            except OSError:
                sha256 = None
        yield _Entry("", f"{path}:{stream.name}" if stream.name else path, size, sha256)


def _volume(base: Any) -> str:
    """The layer of the volume that a file system lies in: ``p1`` for partitions, ``v1`` for APFS volumes."""
    spec = base
    while spec is not None:
        place = str(getattr(spec, "location", "") or "")
        if spec.type_indicator in {"TSK_PARTITION", "GPT"} and place.startswith("/p"):
            return place[1:]
        if spec.type_indicator == "APFS_CONTAINER" and place.startswith("/apfs"):
            return f"v{place[5:]}"
        spec = spec.parent if spec.HasParent() else None
    return ""


def _is_direct(image: StackedPath, path: str) -> bool:
    """Whether ``path`` lies in one of the image's own file systems and not in a container inside them."""
    inside = StackedPath.parse(path).layers[len(image.layers) :]
    return len(inside) == (1 if inside[0].startswith("/") else 2)


def _short(listed: Listed) -> str:
    return f"{listed.size} bytes, {listed.sha256[:16]}…" if listed.sha256 else f"{listed.size} bytes, not readable"
