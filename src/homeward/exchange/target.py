"""How something leaves a case: whole or not at all, recorded first, and never over evidence or into the case itself."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from homeward.core import HomewardError, WrongUse
from homeward.evidence import EvidenceMissing, sources
from homeward.store import reads

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.store import Case


MANIFEST = "manifest-sha256.txt"
"""Of a folder that leaves a case."""


class ExportFailed(HomewardError, OSError):
    """The file could not be written."""


def write_file(
    case: Case, target: Path, parts: Iterable[bytes], details: dict[str, Plain], names: dict[str, str] | None = None,
    check: Callable[[], None] = lambda: None,
) -> str:  # fmt: skip
    """Write ``parts`` to ``target`` and record it in the ledger (see :meth:`Case.leaving`) with ``details``, which may grow
    while the parts are made; the file's SHA-256.

    The file appears whole or not at all. ``names`` go into the entry as commitments, beside the file's own; nothing leaves if
    ``check`` objects by an error at that moment.

    Raises:
        WrongUse: the target lies in the case or in an exhibit.
        ExportFailed: the folder is missing or cannot be written.
    """
    check_target(case, target)
    building, digest = _built(parts, target)
    try:
        with case.leaving({**details, "sha256": digest}, {"file": str(target), **(names or {})}):
            check()
        _place([(building, target)])  # after the entry: nothing leaves unrecorded, even when killed here
    finally:
        building.unlink(missing_ok=True)
    return digest


def write_files(
    case: Case, files: Sequence[tuple[Path, bytes]], details: dict[str, Plain], names: dict[str, str] | None = None
) -> None:
    """Write files that belong together, with one entry of the ledger, which holds the SHA-256 of each in this order.

    None is there before all are written and recorded; ``details`` and ``names`` as for :func:`write_file`.

    Raises:
        WrongUse: one lies in the case or in an exhibit.
        ExportFailed: the folder is missing or cannot be written.
    """
    building: list[tuple[Path, str]] = []
    try:
        for target, data in files:
            check_target(case, target)
            building.append(_built([data], target))
        digests: list[Plain] = [digest for _, digest in building]
        with case.leaving({**details, "sha256": digests}, {"file": str(files[0][0]), **(names or {})}):
            pass
        _place([(made, target) for (target, _), (made, _) in zip(files, building, strict=True)])
    finally:
        for made, _ in building:
            made.unlink(missing_ok=True)


def hand_out(
    case: Case, parts: Iterable[bytes], details: dict[str, Plain], names: dict[str, str], check: Callable[[], None]
) -> IO[bytes]:
    """``parts`` in a file without a name, for somebody who is connected; recorded as by :func:`write_file`, unless ``check``
    objects by an error at that moment.
    """
    file = tempfile.TemporaryFile(dir=case.private)  # noqa: SIM115 - it is handed out
    try:
        digest = hashlib.sha256()
        for part in parts:
            file.write(part)
            digest.update(part)
        with case.leaving({**details, "sha256": digest.hexdigest()}, names):
            check()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def write_folder(
    case: Case,
    target: Path,
    files: Iterable[tuple[str, bytes]],
    details: dict[str, Plain],
    names: dict[str, str] | None = None,
) -> int:
    """Write ``files`` (name, content) into the new folder ``target``, with a manifest of their SHA-256 as :data:`MANIFEST`,
    and record it in the ledger with the manifest's own; how many.

    The folder appears whole or not at all. ``names`` as for :func:`write_file`.

    Raises:
        WrongUse: the target exists and is no empty folder, or lies in the case or in an exhibit.
        ExportFailed: the folder around it is missing or cannot be written.
    """
    _check_folder(case, target)
    try:
        building = Path(tempfile.mkdtemp(dir=target.parent, prefix=".homeward-"))
    except OSError as error:
        raise ExportFailed(f"{target} cannot be written: {(error.strerror or str(error)).lower()}") from error
    try:
        count, digest = _fill(building, files)
        building.chmod(0o755)
        with case.leaving({**details, "files": count, "sha256": digest}, {"file": str(target), **(names or {})}):
            pass
        building.rename(target)  # after the entry, as above
    except OSError as error:
        raise ExportFailed(f"{target} cannot be written: {(error.strerror or str(error)).lower()}") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return count


def write_pictures(
    case: Case, target: Path, files: Sequence[tuple[str, bytes]], details: dict[str, Plain], names: dict[str, str]
) -> int:
    """As :func:`write_folder`, for what shows pictures: the ledger says so before any byte of them lies on a disk, and they
    lie there in no other place than ``target``, which nobody else can read. Of a kill a part of the folder is left.

    Raises:
        WrongUse, ExportFailed: as :func:`write_folder`.
    """
    _check_folder(case, target)
    digest = hashlib.sha256(b"".join(_line(name, body) for name, body in files)).hexdigest()
    try:
        target.mkdir(mode=0o700, exist_ok=True)
        target.chmod(0o700)
        with case.leaving({**details, "files": len(files), "sha256": digest}, {"file": str(target), **names}):
            pass
        _fill(target, files)
    except BaseException as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError):
            raise ExportFailed(f"{target} cannot be written: {(error.strerror or str(error)).lower()}") from error
        raise
    return len(files)


def _check_folder(case: Case, target: Path) -> None:
    check_place(case, target)
    if os.path.lexists(target) and not (target.is_dir() and not target.is_symlink() and not any(target.iterdir())):
        raise WrongUse(f"{target} exists: give the name of a folder that is to be made")


def _line(name: str, body: bytes) -> bytes:
    """Of a manifest."""
    return f"{hashlib.sha256(body).hexdigest()}  {name}\n".encode()


def _fill(folder: Path, files: Iterable[tuple[str, bytes]]) -> tuple[int, str]:
    """Number of files and the SHA-256 of their manifest, in which a line is a file as ``sha256sum --check`` reads it."""
    digest, count = hashlib.sha256(), 0
    with (folder / MANIFEST).open("xb") as manifest:
        for count, (name, body) in enumerate(files, start=1):  # noqa: B007 - the last number is what is asked
            with (folder / name).open("xb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            line = _line(name, body)
            manifest.write(line)
            digest.update(line)
        manifest.flush()
        os.fsync(manifest.fileno())
    return count, digest.hexdigest()


def _place(files: Sequence[tuple[Path, Path]]) -> None:
    """Give each file that was made its name; where one cannot have it, none has."""
    for at, (made, target) in enumerate(files):
        try:
            made.replace(target)
        except OSError as error:
            for _, placed in files[:at]:
                placed.unlink(missing_ok=True)
            raise ExportFailed(f"{target} cannot be written: {(error.strerror or str(error)).lower()}") from error


def _built(parts: Iterable[bytes], target: Path) -> tuple[Path, str]:
    try:
        return _build(parts, target.parent)
    except OSError as error:
        raise ExportFailed(f"{target} cannot be written: {(error.strerror or str(error)).lower()}") from error


def _build(parts: Iterable[bytes], folder: Path) -> tuple[Path, str]:
    """Write the parts to a nameless place beside the target; return it and the file's SHA-256."""
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".homeward-", delete=False) as file:
        building = Path(file.name)
        try:
            for part in parts:
                file.write(part)
                digest.update(part)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            building.unlink(missing_ok=True)
            raise
    return building, digest.hexdigest()


def check_target(case: Case, target: Path) -> None:
    """Let ``target`` pass when writing it changes neither an exhibit nor the case.

    Raises:
        WrongUse: it is a device or a folder, lies inside the case's folder or in an exhibit, or is a file of one.
    """
    if os.path.lexists(target) and not target.is_file():
        raise WrongUse(f"{target} is no file that could be written anew")
    check_place(case, target)


def check_place(case: Case, target: Path) -> None:
    """Let ``target`` pass when it lies neither in an exhibit nor in the case.

    Raises:
        WrongUse: it lies inside the case's folder or in an exhibit, or is a file of one.
    """
    place = target.resolve()
    if place.is_relative_to(case.folder.resolve()):
        raise WrongUse(f"{target} lies inside the case: write it somewhere else")
    for exhibit in reads.exhibits(case):
        if _touches(Path(exhibit.location), place):
            raise WrongUse(f"{target} lies in the exhibit {exhibit.label}: evidence is never changed, write it somewhere else")


def _touches(location: Path, place: Path) -> bool:
    if location.is_dir() or place == location:
        return place.is_relative_to(location)
    if place.parent != location.parent:
        return False
    try:
        return any(place in source.files for source in sources(location))
    except EvidenceMissing:
        return False
