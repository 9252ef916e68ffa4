"""``homeward match``: find out with a partner what both hold, without showing it first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeward.cli.common import (
    by_option,
    case_argument,
    json_option,
    next_step,
    opened_to_write,
    print_found,
    printable,
    read,
)

if TYPE_CHECKING:
    from homeward.flow.exchange.matching import Step

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder in which messages are written; without it they wait for a connection.",
)
match_argument = click.argument("matching")
_STAGES = {
    "asking": "the partner is asked",
    "asked": "the partner asks",
    "answered": "our answer is out",
    "counted": "the partner has answered",
    "agreeing": "the partner is asked to show which",
    "wanted": "the partner wants to see which",
    "opened": "what is shared is open to the partner",
    "shown": "what is shared is shown to the partner",
    "done": "both know what they share",
    "declined": "it was declined",
    "expired": "it was given up, because nothing came in time",
}
_TOPICS = ("copies", "near", "clues", "cameras")


@click.group()
def match() -> None:
    """Find out with a partner what both hold: first how much, then, if both agree, which. No picture is sent."""


@match.command()
@case_argument
@click.argument("partner")
@out_option
@click.option(
    "--with", "topics", multiple=True, type=click.Choice(_TOPICS), help="What is compared; copies and near unless told."
)
@click.option("--handle", "asked_handles", multiple=True, help="A handle, SITE/NAME, that you are about to act on.")
@click.option("--series", multiple=True, help="Ask about this series alone.")
@click.option("--purpose", required=True, help="What it is for; the partner reads it.")
@click.option("--legal-basis", "basis", required=True)
@by_option
def begin(
    case: Path, partner: str, *, out: Path | None, topics: tuple[str, ...], asked_handles: tuple[str, ...],
    series: tuple[str, ...], purpose: str, basis: str, who: str,
) -> None:  # fmt: skip
    """Ask the PARTNER what both hold."""
    from homeward.flow.exchange.matching import begin as ask

    chosen = topics or (() if asked_handles else ("copies", "near"))
    with opened_to_write(case) as opened_case:
        step = ask(
            opened_case, partner, chosen, out, purpose=purpose, basis=basis, who=who, series=series,
            asked_handles=asked_handles,
        )  # fmt: skip
    _say(case, step)


@match.command()
@case_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@out_option
@by_option
def take(case: Path, file: Path, out: Path | None, who: str) -> None:
    """Take in the message FILE of a partner; what follows by itself is written."""
    from homeward.flow.exchange.matching import take as take_message

    with opened_to_write(case) as opened_case:
        step = take_message(opened_case, file, out, who)
    _say(case, step)


@match.command()
@case_argument
@match_argument
@out_option
@click.option("--legal-basis", "basis", default="", help="Under which an answer is given; needed for the first one.")
@by_option
def agree(case: Path, matching: str, out: Path | None, basis: str, who: str) -> None:
    """Let a MATCHING go on: answer it, ask to see which are shared, or show which."""
    from homeward.flow.exchange.matching import agree as go_on

    with opened_to_write(case) as opened_case:
        step = go_on(opened_case, matching, out, who, basis)
    _say(case, step)


@match.command()
@case_argument
@match_argument
@out_option
@click.option("--why", required=True)
@by_option
def decline(case: Path, matching: str, out: Path | None, why: str, who: str) -> None:
    """End a MATCHING; the partner is told why."""
    from homeward.flow.exchange.matching import decline as end

    with opened_to_write(case) as opened_case:
        step = end(opened_case, matching, out, who, why)
    _say(case, step)


@match.command()
@case_argument
@match_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="The folder in which it is written.",
)
def again(case: Path, matching: str, out: Path) -> None:
    """Write our newest message of a MATCHING once more."""
    from homeward.flow.exchange.matching import again as write

    with opened_to_write(case) as opened_case:
        click.echo(f"Wrote {write(opened_case, matching, out)}.")


@match.command()
@case_argument
@json_option
def status(case: Path, as_json: bool) -> None:
    """List all matchings: how far they are, what is shared, and what waits for a decision."""
    from homeward.flow.exchange.matching import listed

    found = read(case, listed, as_json=as_json)
    if found is None:
        return
    rows = [
        (one["match"][:12], one["partner"], "ours" if one["asker"] else "theirs", _STAGES[one["stage"]], one["waits_for"],
         one["until"][:10],
         ", ".join(f"{count} {topic}" for topic, count in one["found"].items()))
        for one in found
    ]  # fmt: skip
    print_found(case, "Matchings", ("matching", "partner", "asked", "stage", "waits for", "until", "shared"), rows)
    for one in found:
        if one["speak_to"]:
            click.echo(f"Speak to {printable(one['speak_to'])} first, before you act on any of those handles.")


@match.command()
@case_argument
@click.argument("name")
@click.option("--given-up", is_flag=True, help="It is operated no more.")
@by_option
def handle(case: Path, name: str, given_up: bool, who: str) -> None:
    """Register the handle NAME (SITE/NAME) that this agency operates, so that partners who ask are told to speak first."""
    from homeward.flow.exchange.matching_sets import operate

    with opened_to_write(case) as opened_case:
        operate(opened_case, name, who, given_up=given_up)
    click.echo("Given up." if given_up else "Registered.")


@match.command()
@case_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def certificate(case: Path, file: Path) -> None:
    """Write the certificate of our server to FILE, for partners to pin."""
    from homeward.flow.exchange.matching_transport import own_certificate

    with opened_to_write(case) as opened_case:
        own_certificate(opened_case, file)
    click.echo(f"Wrote {file}. Its key is that of our card.")


@match.command()
@case_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@by_option
def pin(case: Path, file: Path, who: str) -> None:
    """Take in the certificate FILE of a trusted partner: its key has to be that of the partner's card."""
    from homeward.flow.exchange.matching_transport import pin as pin_certificate

    with opened_to_write(case) as opened_case:
        agency = pin_certificate(opened_case, file, who)
    click.echo(f"The server of {printable(agency)} is known by it from now on.")


@match.command()
@case_argument
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8443, show_default=True, help="0: any that is free.")
@by_option
def serve(case: Path, host: str, port: int, who: str) -> None:
    """Let partners whose certificates are pinned give and fetch messages, until stopped."""
    from homeward.flow.exchange.matching_transport import server

    with opened_to_write(case) as opened_case:
        waiting = server(opened_case, host, port, who)
        click.echo(f"Listening at https://{host}:{waiting.server_port}")
        with waiting:
            waiting.serve_forever()


@match.command()
@case_argument
@click.argument("partner")
@click.argument("url")
@by_option
def connect(case: Path, partner: str, url: str, who: str) -> None:
    """Give our messages to the server of a PARTNER at URL, and fetch theirs; a broken connection goes on where it stopped."""
    from homeward.flow.exchange.matching_transport import connect as exchange

    with opened_to_write(case) as opened_case:
        given, came, refused = exchange(opened_case, partner, url, who)
    click.echo(f"{given} messages lie there, {came} came.")
    for why in refused:
        click.echo(f"Refused: {printable(why)}")
    if refused:
        raise SystemExit(1)


@match.command()
@case_argument
@json_option
def cameras(case: Path, as_json: bool) -> None:
    """List devices of ours that agree with a fingerprint in a partner's package: support for the same device, and no more."""
    from homeward.flow.exchange.fingerprints import listed

    found = read(case, listed, as_json=as_json)
    if found is None:
        return
    rows = [
        (one["device"][:12], ", ".join(one["series"]) or "none", one["agency"], one["their_camera"],
         ", ".join(one["their_series"]), f"{one['log10_lr']:.1f}", one["reason"])
        for one in found
    ]  # fmt: skip
    columns = ("our camera", "our series", "partner", "their camera", "their series", "log10 LR", "why")
    print_found(case, "Cameras of partners", columns, rows)
    if found:
        click.echo(f"Nothing was joined. To follow one up: homeward leads {case} add, and speak to that agency.")


@match.command()
@case_argument
@json_option
def series(case: Path, as_json: bool) -> None:
    """List series of ours and of partners that may be one, the most shared first, and who should lead."""
    from homeward.flow.exchange.matching_series import listed

    found = read(case, listed, as_json=as_json)
    if found is None:
        return
    rows = [
        (one["id"], one["series"] or "none", one["agency"], one["their_series"] or "none",
         ", ".join(f"{count} {topic}" for topic, count in one["shared"].items()), one["their_status"], one["lead"], _said(one))
        for one in found
    ]  # fmt: skip
    columns = ("pair", "our series", "partner", "their series", "shared", "their status", "should lead", "decided")
    print_found(case, "Series that may be one", columns, rows)


@match.command()
@case_argument
@click.argument("pair")
@click.option("--same/--apart", required=True, help="Whether the two series are one.")
@click.option("--lead", default="", help="The agency that leads; as proposed unless told.")
@click.option("--why", required=True)
@by_option
def verdict(case: Path, pair: str, same: bool, lead: str, why: str, who: str) -> None:
    """Decide whether two series are one, and who leads; the partner learns it with the next briefs sent to it alone."""
    from homeward.flow.exchange.matching_series import decide

    with opened_to_write(case) as opened_case:
        found = decide(opened_case, pair, who, why, same=same, lead=lead)
    lead_now = found.verdict["lead"] if found.verdict else ""
    click.echo(f"They are one series; {printable(lead_now)} leads." if same else "They are two series.")
    next_step(f"homeward export {case} OUT --format package --with briefs, so that the partner knows")


def _said(one: dict[str, Any]) -> str:
    told = [verdict for verdict in (one["verdict"], one["their_verdict"]) if verdict]
    if one["disputed"]:
        return "disputed"
    return ", ".join(f"one, {said['lead']} leads" if said["same"] else "two" for said in told[:1])


def _say(case: Path, step: Step) -> None:
    state = step.state
    counts = ", ".join(f"{count} {topic}" for topic, count in state.found.items())
    click.echo(f"Matching {state.match[:12]}: {_STAGES[state.stage]}{f'; shared: {counts}' if counts else ''}.")
    told: dict[str, Any] = {"asked": "answer it", "counted": "ask to see which", "wanted": "show which"}
    if state.stage == "asked":
        asked = ", ".join(f"{one.values} {topic}" for topic, one in state.asked.items())
        click.echo(f"It asks about {asked}; for {printable(state.purpose)}.")
    if step.file is not None:
        click.echo(f"Give {step.file} to the partner.")
    if state.stage in told:
        about, basis = f"{case} {state.match[:12]}", " --legal-basis REF" if state.stage == "asked" else ""
        agreeing, declining = f"homeward match agree {about}{basis}", f"homeward match decline {about} --why WHY"
        next_step(f"to {told[state.stage]}, {agreeing}; otherwise {declining}")
