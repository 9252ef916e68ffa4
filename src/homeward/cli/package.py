"""``homeward package``: keys, partners, and what they send."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from homeward.cli.common import (
    by_option,
    case_argument,
    json_option,
    opened,
    opened_to_write,
    print_found,
    print_json,
    printable,
    proven,
    read,
)

if TYPE_CHECKING:
    from homeward.exchange.package import Opened

file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def package() -> None:
    """Exchange with other agencies in signed and encrypted packages; make them with homeward export --format package."""


@package.command()
@case_argument
@click.option("--new", is_flag=True, help="Make keys, or replace them; older ones still open what was sent to them.")
@click.option("--card", type=click.Path(path_type=Path, dir_okay=False), help="Write the public keys here, for partners.")
@by_option
def keys(case: Path, new: bool, card: Path | None, who: str) -> None:
    """Show the fingerprint of this case's keys, and write the card that partners need."""
    from homeward.exchange.keys import grouped
    from homeward.exchange.target import write_file
    from homeward.flow.exchange.partners import own_card

    with opened_to_write(case) if new else opened(case) as opened_case:
        own = own_card(opened_case, new=new, who=who)
        if card is not None:
            body = msgspec.json.format(msgspec.json.encode(own), indent=1) + b"\n"
            write_file(opened_case, card, [body], {"format": "card", "fingerprint": own.fingerprint})
    click.echo(f"{own.agency}: {grouped(own.fingerprint)}")


@package.command()
@case_argument
@json_option
def partners(case: Path, as_json: bool) -> None:
    """List the partners: whose keys are trusted, and what they may receive."""
    from homeward.exchange.keys import grouped
    from homeward.flow.exchange.partners import Directory

    found = read(case, lambda opened_case: [one.listed() for one in Directory(opened_case).partners.values()], as_json=as_json)
    if found is None:
        return
    rows = [(one["agency"], grouped(one["fingerprint"]), one["state"], ", ".join(one["may"])) for one in found]
    print_found(case, "Partners", ("agency", "fingerprint", "key", "may receive"), rows)


@package.command()
@case_argument
@file_argument
@click.option(
    "--may",
    multiple=True,
    type=click.Choice(["briefs", "clues", "hashes", "fingerprints", "matching", "pictures", "veils"]),
    help="What they may receive, or do.",
)
@by_option
def add(case: Path, file: Path, may: tuple[str, ...], who: str) -> None:
    """Take in the card FILE of a partner."""
    from homeward.exchange.keys import grouped
    from homeward.flow.exchange.partners import add as add_partner

    with opened_to_write(case) as opened_case:
        found = add_partner(opened_case, file, set(may), who)
    click.echo(f"{printable(found.card.agency)}: {grouped(found.card.fingerprint)}")
    click.echo("Compare it with them by telephone or in person, then: homeward package trust CASE FINGERPRINT --how ...")


@package.command()
@case_argument
@click.argument("fingerprint")
@click.option("--how", required=True, help="How it was compared, and with whom.")
@by_option
def trust(case: Path, fingerprint: str, how: str, who: str) -> None:
    """Record that the whole FINGERPRINT was compared; older keys of the same agency are replaced by it."""
    from homeward.flow.exchange.partners import trust as trust_partner

    with opened_to_write(case) as opened_case:
        found = trust_partner(opened_case, fingerprint, who, how)
    click.echo(f"{printable(found.card.agency)} is trusted.")


@package.command()
@case_argument
@click.argument("name")
@click.option("--why", required=True)
@by_option
def revoke(case: Path, name: str, why: str, who: str) -> None:
    """Trust no key of the partner NAME, or the one with that fingerprint, any more."""
    from homeward.flow.exchange.partners import revoke as revoke_partner

    with opened_to_write(case) as opened_case:
        count = revoke_partner(opened_case, name, who, why)
    click.echo(f"Revoked {count} keys.")


@package.command()
@case_argument
@click.option("--to", multiple=True, required=True, metavar="AGENCY")
@click.option("--picture", "pictures", multiple=True, metavar="SHA256", help="An item that is shown as it is.")
@click.option("--veil", "veils", multiple=True, metavar="SHA256", help="An item of which the veil is shown.")
@click.option("--reason", required=True)
@click.option("--as", "name", required=True, metavar="NAME", help="Who proposes it; asks for the password.")
def propose(case: Path, to: tuple[str, ...], pictures: tuple[str, ...], veils: tuple[str, ...], reason: str, name: str) -> None:
    """Propose to show pictures or veils to partners. It takes a second person to agree, and leaves once."""
    from homeward.flow.exchange import showing

    with opened_to_write(case) as opened_case:
        number = showing.propose(opened_case, proven(opened_case, name), to, pictures, veils, reason)
    click.echo(f"Proposal {number}. Somebody else: homeward package agree {case} {number} --as NAME")


@package.command()
@case_argument
@click.argument("number", type=int)
@click.option("--as", "name", required=True, metavar="NAME", help="Who agrees; asks for the password.")
def agree(case: Path, number: int, name: str) -> None:
    """Agree with what somebody else proposed to show; it then leaves with homeward export --format package --agreed NUMBER."""
    from homeward.flow.exchange import showing

    with opened_to_write(case) as opened_case:
        found = showing.agree(opened_case, number, proven(opened_case, name))
    click.echo(f"Agreed to {len(found.pictures)} pictures and {len(found.veils)} veils for {len(found.recipients)} partners.")


@package.command()
@case_argument
@file_argument
@click.argument("out", type=click.Path(path_type=Path))
@by_option
def unpack(case: Path, file: Path, out: Path, who: str) -> None:
    """Write the pictures and veils that the package FILE shows into the new folder OUT; the ledger says so first."""
    from homeward.exchange.errors import PackageRefused
    from homeward.flow.exchange.packages import inspect as look
    from homeward.flow.exchange.showing import unpack as write

    with opened_to_write(case) as opened_case:
        found = look(opened_case, file)
        _say(found)
        try:
            count = write(opened_case, found, out, who)
        except PackageRefused as error:
            raise PackageRefused(f"{file}: {error}") from error
    click.echo(f"Wrote {count} files into {out}.")


@package.command("open")
@case_argument
@file_argument
@by_option
def open_(case: Path, file: Path, who: str) -> None:
    """Take the package FILE in: its clues join ours, its hashes become a known list; fingerprints are kept."""
    from homeward.flow.exchange.packages import receive

    with opened_to_write(case) as opened_case:
        found, new = receive(opened_case, file, who)
    _say(found)
    click.echo(f"Took it in; {new} events of clues were new. Next: homeward process {case}")


@package.command()
@case_argument
@file_argument
@json_option
def inspect(case: Path, file: Path, as_json: bool) -> None:
    """Show what the package FILE says, and take nothing of it in."""
    from homeward.flow.exchange.packages import inspect as look

    with opened(case) as opened_case:
        found = look(opened_case, file)
    if as_json:
        briefs = found.payload.get("briefs.json")
        print_json({"statement": found.told, "briefs": msgspec.Raw(briefs) if briefs else None})
        return
    _say(found)


@package.command()
@case_argument
@file_argument
def verify(case: Path, file: Path) -> None:
    """Say whether the package FILE is whole, signed by a trusted partner, meant for this case, and not expired."""
    from homeward.flow.exchange.packages import inspect as look

    with opened(case) as opened_case:
        found = look(opened_case, file)
    click.echo(f"It is as {printable(found.told.sender.agency)} signed it.")


def _say(found: Opened) -> None:
    told = found.told
    counts = ", ".join(f"{count} {kind}" for kind, count in told.counts.items())
    click.echo(f"From {printable(told.sender.agency)}, {told.made[:10]}, until {told.expires[:10]}: {printable(counts)}.")
    if told.shown is not None:
        names = f"{printable(told.shown.proposed_by)} and {printable(told.shown.agreed_by)}"
        click.echo(f"{names} agreed to show what it shows: {printable(told.shown.reason)}.")
    click.echo(
        f"TLP:{told.tlp.upper()} PAP:{told.pap.upper()}; for {printable(told.purpose)}; under {printable(told.legal_basis)}."
    )
