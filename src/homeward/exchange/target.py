"""How something leaves a case: whole or not at all, recorded first, and never over evidence or into the case itself."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from homeward.core import HomewardError, WrongUse
from homeward.evidence import EvidenceMissing, sources
from homeward.store import reads

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.store import Case


class ExportFailed(HomewardError, OSError):
    """The file could not be written."""


def write_file(
    case: Case, target: Path, parts: Iterable[bytes], details: dict[str, Plain], names: dict[str, str] | None = None
) -> str:
    """Write ``parts`` to ``target`` and record it in the ledger (see :meth:`Case.leaving`) with ``details``, which may grow
    while the parts are made; the file's SHA-256.

    The file appears whole or not at all. ``names`` go into the entry as commitments, beside the file's own.

    Raises:
        WrongUse: the target lies in the case or in an exhibit.
        ExportFailed: the folder is missing or cannot be written.
    """
    check_target(case, target)
    try:
        building, digest = _build(parts, target.parent)
    except OSError as error:
        raise ExportFailed(f"{target} cannot be written: {(error.strerror or str(error)).lower()}") from error
    try:
        with case.leaving({**details, "sha256": digest}, {"file": str(target), **(names or {})}):
            pass
        building.replace(target)  # after the entry: nothing leaves unrecorded, even when killed here
    finally:
        building.unlink(missing_ok=True)
    return digest


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
