"""Four seized files, and lists that name them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from homeward.core import StackedPath
from homeward.core.digests import Hasher
from homeward.flow.copies.match import match
from homeward.flow.known import matches
from homeward.flow.progress import Quiet
from homeward.flow.steps import MATCH
from homeward.store import Case
from homeward.store.exhibits import register
from homeward.store.intake import OccurrenceRow, take
from homeward.testing.inline import run_here

BODIES = {name: f"the content of {name}".encode() for name in ("a", "b", "c", "d")}


def md5(name: str) -> str:
    return hashlib.md5(BODIES.get(name, name.encode())).hexdigest()


def sha1(name: str) -> str:
    return hashlib.sha1(BODIES.get(name, name.encode())).hexdigest()


class Here:
    """A pool that carries tasks out in this process; what the lock does to them is tested apart."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.run = run_here

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def taken(folder: Path, seized: Path) -> Case:
    """A case with the seized files registered."""
    case = Case.create(folder, "Test Unit")
    rows = []
    for path in sorted(seized.iterdir()):
        hasher = Hasher()
        hasher.update(path.read_bytes())
        rows.append(OccurrenceRow(path.name, StackedPath.of([path.name]), hasher.size, hasher.digests, "text/plain", ""))
    take(case, register(case, "A", str(seized.resolve()), "W", ""), {row.source: "" for row in rows}, rows)
    return case


def named(case: Case) -> list[dict[str, Any]]:
    match(case, MATCH, Quiet())
    return matches(case)


def places(case: Case) -> list[str]:
    return sorted(found["paths"][0].removeprefix("A > ").removesuffix(".txt") for found in named(case))


def table(*names: str, head: str = "md5,series,victim identified") -> str:
    return "\n".join([head, *(f"{md5(name)},S-{name},no" for name in names)])
