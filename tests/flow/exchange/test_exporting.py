"""What is told of a medium, once each."""

from __future__ import annotations

from pathlib import Path

import msgspec
from series_case import deliver, sha

from homeward.flow.copies.match import match
from homeward.flow.exchange import partners
from homeward.flow.exchange.exporting import export_case, export_vic, media
from homeward.flow.exchange.matching_series import lists_of
from homeward.flow.exchange.matching_sets import operate
from homeward.flow.known import Manner, add_known_list
from homeward.flow.progress import Quiet
from homeward.flow.steps import MATCH
from homeward.store import Case


def test_what_two_deliveries_of_a_list_say_alike_is_told_once(tmp_path: Path) -> None:
    Case.create(tmp_path / "case", "Unit").close()
    with Case.open(tmp_path / "case") as case:
        deliver(case, "X", {"p": "7", "q": "7"})
        for number, names in enumerate(("p", "pq")):
            file = tmp_path / f"{number}.csv"
            file.write_text("sha256,series\n" + "".join(f"{sha(name)},Harbour\n" for name in names))
            add_known_list(case, file, "Unit a", Quiet(), Manner(update=True))
        match(case, MATCH, Quiet())
        assert [one.known for one in media(case)] == 2 * [("Unit a; sha256 at distance 0; Harbour",)]


def test_what_partners_hold_is_told_to_nobody_else(tmp_path: Path) -> None:
    for name in ("case", "partner"):
        Case.create(tmp_path / name, f"Unit of the {name}").close()
    with Case.open(tmp_path / "partner") as partner:
        (tmp_path / "card").write_bytes(msgspec.json.encode(partners.own_card(partner, new=True, who="me")))
    with Case.open(tmp_path / "case") as case:
        deliver(case, "X", {"p": "7"})
        partners.add(case, tmp_path / "card", (), "me")
        for name in ("Harbour", *lists_of("Unit of the partner")):
            (tmp_path / "list.csv").write_text(f"sha256,series\n{sha('p')},Quay of {name}\n")
            add_known_list(case, tmp_path / "list.csv", name, Quiet(), Manner())
        operate(case, "site1/a name", "a handler", given_up=False)
        match(case, MATCH, Quiet())
        assert [one.known for one in media(case)] == [("Harbour; sha256 at distance 0; Quay of Harbour",)]
        export_vic(case, tmp_path / "out.json", "2.0")
        export_case(case, tmp_path / "out")
    for file in (tmp_path / "out.json", *(tmp_path / "out").iterdir()):
        assert b"of the partner" not in file.read_bytes()
        assert b"match.handle" not in file.read_bytes()
        assert b"operates" not in file.read_bytes()
    assert b"Harbour" in (tmp_path / "out.json").read_bytes()
