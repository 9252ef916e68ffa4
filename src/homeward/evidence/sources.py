"""What lies on disk in an exhibit. Nothing is parsed here: names, sizes, times, and descriptors to hand to a locked worker."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from homeward.core import StackedPath
from homeward.core.time import Moment, storable
from homeward.evidence.records import EvidenceMissing, Found, ReadOrder, Times

_EWF = re.compile(r"(?P<stem>.+)\.(?P<first>[eEsSlL])(?P<number>\d\d|[a-zA-Z]{2})$")
_SPLIT = re.compile(r"(?P<stem>.+)\.(?P<number>\d{3})$")


class Source(msgspec.Struct, frozen=True):
    """One thing on disk: a file, or all segments of one image (in order), or something that cannot be read (``reason``)."""

    path: str
    """Relative to the exhibit's folder, or the name of the single file, in ``surrogateescape`` form."""
    files: tuple[Path, ...]
    stats: tuple[os.stat_result, ...]
    reason: str = ""

    @property
    def stamp(self) -> str:
        """Sizes, times and inodes: as long as these stay, the files are taken to be the same."""
        return " ".join(f"{s.st_size}:{s.st_mtime_ns}:{s.st_ino}" for s in self.stats) or "unreadable"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(s.st_size for s in self.stats)

    @property
    def stacked(self) -> StackedPath:
        """The source's own stacked path."""
        return StackedPath.of([self.path])

    @property
    def names(self) -> tuple[str, ...]:
        """The path of each of its files, as :attr:`path` is the first one's."""
        folder = self.path.rpartition("/")[0]
        return tuple(f"{folder}/{os.fsdecode(file.name)}" if folder else os.fsdecode(file.name) for file in self.files)

    def open(self) -> tuple[int, ...]:
        """Read-only descriptors of all files; links are not followed, access times left alone where permitted.

        Raises:
            OSError: one of them cannot be opened; the others are closed again.
        """
        fds: list[int] = []
        try:
            fds.extend(_open(file) for file in self.files)
        except OSError:
            for fd in fds:
                os.close(fd)
            raise
        return tuple(fds)

    def order(self) -> ReadOrder:
        """What a worker is told about it."""
        first = self.stats[0]
        moments = (Moment(ns) for ns in (first.st_mtime_ns, first.st_atime_ns, first.st_ctime_ns))
        times = Times(*map(storable, moments))
        texts = tuple(str(StackedPath.of([name])) for name in self.names)
        return ReadOrder(str(self.stacked), tuple(s.st_size for s in self.stats), texts, times)

    def unreadable(self) -> Found:
        """The row of something that cannot be read."""
        return Found(self.stacked, 0, None, "", readable=False, reason=self.reason)


def sources(location: Path) -> Iterator[Source]:
    """Everything at ``location`` (a folder or one file) in the order of names, lazily.

    Raises:
        EvidenceMissing: nothing is there.
    """
    try:
        found = location.lstat()
    except OSError as error:
        raise EvidenceMissing(f"there is nothing at {location}") from error
    if stat.S_ISDIR(found.st_mode):
        yield from _folder(location, "")
        return
    names = {name for name in _names(location.parent) if _series(name) == _series(location.name)}
    group = sorted(names, key=_number) if _series(location.name) != (location.name, "") else [location.name]
    yield from _grouped(location.parent, "", group)


def source_at(location: Path, path: str) -> Source | None:
    """The source that was registered as ``path``, as it is on disk now; None when it is gone."""
    single = not location.is_dir()
    file = location.parent / path if single else location / path
    folder = path.rpartition("/")[0]
    group = [file.name]
    if (series := _series(file.name))[1]:  # only segments have siblings; listing a folder for each of its files is slow
        try:
            group = sorted((name for name in _names(file.parent) if _series(name) == series), key=_number)
        except OSError:
            return None
    found = list(_grouped(file.parent, f"{folder}/" if folder else "", group))
    return next((source for source in found if source.path == path and source.files), None)


def _folder(folder: Path, prefix: str) -> Iterator[Source]:
    try:
        names = sorted(_names(folder))
    except OSError as error:
        yield Source(prefix.rstrip("/") or ".", (), (), f"this folder cannot be read: {(error.strerror or '').lower()}")
        return
    for series, group in groupby(sorted(names, key=lambda n: (_series(n), _number(n))), key=_series):
        listed = list(group)
        if series[1] and len(listed) > 1 and not any((folder / name).is_dir() for name in listed):
            yield from _grouped(folder, prefix, listed)
            continue
        for name in listed:
            if (folder / name).is_dir() and not (folder / name).is_symlink():
                yield from _folder(folder / name, f"{prefix}{name}/")
            else:
                yield from _grouped(folder, prefix, [name])


def _grouped(folder: Path, prefix: str, names: list[str]) -> Iterator[Source]:
    """One source of several files, or one each where a file among them cannot be read."""
    found = [_one(folder / name, f"{prefix}{name}") for name in names]
    if any(source.reason for source in found):
        yield from found
    else:
        yield Source(found[0].path, tuple(s.files[0] for s in found), tuple(s.stats[0] for s in found))


def _one(file: Path, path: str) -> Source:
    try:
        found = file.lstat()
    except OSError as error:
        return Source(path, (), (), f"it cannot be read: {(error.strerror or 'unknown').lower()}")
    if stat.S_ISREG(found.st_mode):
        return Source(path, (file,), (found,))
    if stat.S_ISLNK(found.st_mode):
        return Source(path, (), (), "a symbolic link: not followed")
    return Source(path, (), (), "not a file: a device, pipe or socket")


def _open(file: Path) -> int:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(file, flags | os.O_NOATIME)
    except PermissionError:
        return os.open(file, flags)


def _series(name: str) -> tuple[str, str]:
    """What segments of one image have in common: (stem, kind); kind is empty for an ordinary file."""
    if match := _EWF.match(name):
        return match["stem"], f".{match['first'].lower()}##"
    if match := _SPLIT.match(name):
        return match["stem"], ".###"
    return name, ""


def _number(name: str) -> tuple[int, str]:
    """Order of segments: E01 to E99, then EAA to EZZ and on (EWF), or .001, .002 and on."""
    match = _EWF.match(name) or _SPLIT.match(name)
    if not match:
        return 0, name
    number = match["number"]
    if number.isdigit():
        return int(number), name
    letters = number.upper()
    return 100 + (ord(letters[0]) - 65) * 26 + ord(letters[1]) - 65, name


def _names(folder: Path) -> list[str]:
    return os.listdir(folder)  # noqa: PTH208 - names are all that is wanted, of folders with many of them
