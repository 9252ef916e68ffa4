"""The cases of single agencies, cut out of a prepared case in which each is an exhibit, and what is true of their series."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import homeward
from homeward.flow.progress import Quiet
from homeward.flow.series.settling import settle
from homeward.flow.steps import SERIES
from homeward.store import Case, reads, series

_TABLES = (
    "exhibit", "source", "item", "occurrence", "media", "header", "stackmember", "copymember", "kin", "cliplink", "sightlink",
    "cameralink", "textline", "clueevent", "segmentrun",
)  # fmt: skip
_GROUPS = {"stackmember": "exemplar_id", "copymember": "exemplar_id", "cameralink": "device_id"}
_PAIRS = ("kin", "cliplink", "sightlink")


def cut(pooled: Path, exhibit: str, agency: str, target: Path) -> None:
    """Make at ``target`` the case of ``agency``: what lies in one exhibit of ``pooled``, with all that was found about it, and
    the series that follow from that alone. Devices and frequencies are those of the whole.
    """
    Case.create(target, agency).close()
    shutil.rmtree(target / "segments")
    shutil.copytree(pooled / "segments", target / "segments")
    database = sqlite3.connect(target / "case.db", isolation_level=None)
    database.execute("ATTACH ? AS pooled", (str(pooled / "case.db"),))
    database.execute("BEGIN")
    for table in _TABLES:
        columns = ", ".join(f'"{row[1]}"' for row in database.execute(f"PRAGMA table_info(homeward_{table})"))
        database.execute(f"INSERT INTO homeward_{table} ({columns}) SELECT {columns} FROM pooled.homeward_{table}")
    _prune(database, exhibit)
    database.execute("COMMIT")
    database.close()
    with homeward.open(target) as case:
        settle(case, SERIES, Quiet())


def _prune(database: sqlite3.Connection, exhibit: str) -> None:
    database.execute("DELETE FROM homeward_exhibit WHERE label != ?", (exhibit,))
    for table in ("source", "occurrence"):
        database.execute(f"DELETE FROM homeward_{table} WHERE exhibit_id NOT IN (SELECT id FROM homeward_exhibit)")
    kept = "(SELECT item_id FROM homeward_occurrence WHERE item_id IS NOT NULL)"
    for table in ("media", "header", "textline", *_GROUPS):
        database.execute(f"DELETE FROM homeward_{table} WHERE item_id NOT IN {kept}")
    for table in _PAIRS:
        database.execute(f"DELETE FROM homeward_{table} WHERE a_id NOT IN {kept} OR b_id NOT IN {kept}")
    for table, group in _GROUPS.items():
        database.execute(
            f"UPDATE homeward_{table} SET {group} = (SELECT min(o.item_id) FROM homeward_{table} o "
            f"WHERE o.{group} = homeward_{table}.{group}) WHERE {group} NOT IN {kept}"
        )
    database.execute(f"DELETE FROM homeward_item WHERE id NOT IN {kept}")
    sha = "(SELECT sha256 FROM homeward_item)"
    database.execute(f"DELETE FROM homeward_clueevent WHERE picture != '' AND picture NOT IN {sha}")


def owners(case: Case, truth: dict[str, dict[str, str]]) -> dict[str, Counter[str]]:
    """Series -> how many of its files are of which owner."""
    names = reads.item_names(case)
    found: dict[str, Counter[str]] = {}
    for item, name in series.members(case).items():
        if names[item] in truth:
            found.setdefault(name, Counter())[truth[names[item]]["owner"]] += 1
    return found


def edits(files: Iterable[dict[str, str]]) -> dict[str, frozenset[tuple[str, str]]]:
    """By file, the edits since its original, each with the file that it made: what two files do not share lies between them."""
    rows = {row["file_id"]: row for row in files}
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for name in rows:
        made, at = set(), name
        while at in rows and rows[at]["parent"]:
            made |= {(at, str(one["op"])) for one in json.loads(rows[at]["transform"] or "[]")} or {(at, "saved again")}
            at = rows[at]["parent"]
        found[name] = frozenset(made)
    return found
