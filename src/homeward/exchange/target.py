"""Where something may be written that leaves a case: anywhere but over evidence and into the case itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from homeward.core import WrongUse
from homeward.evidence import EvidenceMissing, sources
from homeward.store import reads

if TYPE_CHECKING:
    from homeward.store import Case


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
