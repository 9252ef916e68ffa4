"""What is told of a medium, once each."""

from __future__ import annotations

from pathlib import Path

from series_case import deliver, sha

from homeward.flow.copies.match import match
from homeward.flow.exchange.exporting import media
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
