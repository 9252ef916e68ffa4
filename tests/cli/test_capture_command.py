from __future__ import annotations

import hashlib
import json
from pathlib import Path

from command_line import homeward

from homeward.flow.ingest import Delivery, ingest
from homeward.flow.progress import Quiet
from homeward.store import Case, series
from homeward.store.models import Item

RIGHT = {
    "--label": "one", "--authority": "W 1", "--purpose": "the harbour series", "--acquirer": "A Person", "--method": "seizure",
    "--from": "2020-01-01", "--to": "2020-12-31", "--completeness": "80", "--retain-until": "2099-01-01",
}  # fmt: skip


def said(folder: Path, *commands: list[str]) -> list[tuple[int, str, str]]:
    ran = [homeward(*command, cwd=folder) for command in commands]
    return [(one.returncode, one.stdout, one.stderr) for one in ran]


def add(**other: str) -> list[str]:
    told = RIGHT | {f"--{name}": value for name, value in other.items()}
    return [
        "capture",
        "add",
        "case",
        "rows",
        "--mapping",
        "map.yaml",
        *(word for pair in told.items() if pair[1] for word in pair),
    ]


def rows(folder: Path) -> None:
    (folder / "map.yaml").write_text("columns: {id: n, site: site, handle: by}")
    (folder / "rows").write_text("".join(f'{{"n": {at}, "site": "s", "by": "h\\u001b[31m"}}\n' for at in range(3)))


def test_captures_by_the_command_line(tmp_path: Path) -> None:
    rows(tmp_path)
    lacking = [add(**{name.removeprefix("--"): ""}) for name in RIGHT]
    made, *refused, added, twice, listed, wrong, guarded, nobody, gone = said(
        tmp_path,
        ["init", "case", "--agency", "Unit"],
        *lacking,
        add(to="2019-01-01"),
        add(),
        add(),
        ["capture", "list", "case", "--json"],
        ["capture", "add", "case", "map.yaml", *add()[4:]],
        ["capture", "protect", "case", "S", "H\x1b[31m", "--why", "may be a child", "--by", "P"],
        ["capture", "protect", "case", "s", "hh", "--why", "may be a child", "--by", "P"],
        ["capture", "expire", "case", "one", "--why", "over"],
    )
    assert made[0] == 0
    assert [code for code, _, _ in refused] == [2] * (len(RIGHT) + 1)
    assert all("Traceback" not in errors and errors for _, _, errors in refused)
    assert "Added 3 posts" in added[1]
    assert "nothing changed" in twice[1]
    right = {name.removeprefix("--").replace("-", "_") for name in RIGHT} - {"from", "to"}
    assert right | {"counts", "state"} <= json.loads(listed[1])[0].keys()
    assert wrong[0] == 2
    assert [(one[0], one[1].splitlines()[0], "No capture" in one[1]) for one in (guarded, nobody)] == [
        (0, "Recorded.", False),
        (0, "Recorded.", True),
    ]
    assert gone[1].startswith("Destroyed: one")


def test_captures_are_asked_for_a_purpose_that_is_kept(tmp_path: Path) -> None:
    rows(tmp_path)
    _, _, asked, board, near, reports, persons, figures, unasked, _, oversight = said(
        tmp_path,
        ["init", "case", "--agency", "Unit"],
        add(),
        ["boards", "case"],
        ["boards", "case", "--purpose", "p", "--json"],
        ["handles", "case", "s", "nobody", "--purpose", "p"],
        ["reports", "case", "--purpose", "p", "--json"],
        ["personas", "case", "--purpose", "p", "--json"],
        ["personas", "case", "oversight", "--purpose", "p", "--json"],
        ["personas", "case", "--json"],
        ["capture", "protect", "case", "s", "nobody-here", "--why", "nobody-here may be a child", "--by", "P"],
        ["capture", "queries", "case", "--json"],
    )
    for one in (asked, unasked):
        assert (one[0], "purpose" in one[2]) == (2, True)
    assert json.loads(board[1])[0]["handles"] == 1
    assert near[0] == 2
    assert json.loads(reports[1]) == {"protected": [], "queue": [], "reports": 0, "handled": 0, "audit": 0}
    assert (json.loads(persons[1])["handles"], json.loads(persons[1])["links"]) == (1, [])
    assert json.loads(figures[1])["all"]["innocents"] == 1
    kept = ["protect", "oversight", "personas", "reports", "around", "boards"]
    assert [one["query"] for one in json.loads(oversight[1])] == kept
    assert "nobody-here" not in oversight[1]


def test_reports_that_come_in_are_told_as_reports(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text(
        "<reports><report><reportId>1</reportId></report><report><reportId>2</reportId></report></reports>"
    )
    command = [word for word in add(method="platform-report") if word not in {"--mapping", "map.yaml"}]
    made, added = said(tmp_path, ["init", "case", "--agency", "Unit"], command)
    assert (made[0], added[0]) == (0, 0)
    assert "Added 2 reports as one (cybertip)" in added[1]
    assert "homeward reports case --purpose" in added[1] + added[2]


def test_rows_of_every_kind_are_read_behind_the_lock(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("columns: {id: n, site: site, handle: by}")
    bodies = [b'{"n": 1, "site": "s", "by": "h"}\n', b"n,site,by\r\n1,s,h\r\n"]
    commands = [["init", "case", "--agency", "Unit"]]
    for number, body in enumerate([*bodies, *(b"\xef\xbb\xbf" + body for body in bodies)]):
        (tmp_path / f"rows{number}").write_bytes(body)
        commands.append([word.replace("rows", f"rows{number}") for word in add(label=f"L{number}")])
    for code, out, err in said(tmp_path, *commands)[1:]:
        assert (code, "Added 1 posts" in out) == (0, True), err


def test_a_board_whose_name_would_steer_the_terminal_does_not(tmp_path: Path) -> None:
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / "1").write_bytes(b"a lamp")
    (tmp_path / "map.yaml").write_text(
        "columns: {id: n, site: site, handle: by, board: board, time: at}\n"
        "time: {zone: UTC}\nattachments: {in: files, sha256: hash}"
    )
    row = {"n": 1, "site": "s", "by": "h", "board": "b\x07\rc", "at": "2020-05-01T12:00:00"}
    (tmp_path / "rows").write_text(json.dumps(row | {"files": [{"hash": hashlib.sha256(b"a lamp").hexdigest()}]}))
    with Case.create(tmp_path / "case", "Unit") as case:
        ingest(case, [Delivery("X", tmp_path / "seized", "W", "")], Quiet(), jobs=1)
        (item,) = Item.objects.using(case.alias).values_list("id", flat=True)
        series.write(case, [], series.Standing({item: "5" * 64}, []), {}, {}, seen=series.count(case))
    added, shown = said(tmp_path, add(), ["appearances", "case", "--purpose", "p"])
    assert (added[0], shown[0]) == (0, 0)
    assert "s / b" in shown[1]
    assert not {"\x07", "\r"} & set(shown[1])
