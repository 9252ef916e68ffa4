"""``homeward people``: who may open the workbench, and what they may do there."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from homeward.cli.common import (
    AfterCase,
    case_argument,
    json_option,
    next_step,
    opened,
    opened_to_write,
    print_json,
    print_table,
)

ROLES = ("viewer", "analyst", "lead", "auditor", "administrator")
name_argument = click.argument("name", metavar="NAME")
role_choice = click.Choice(ROLES)
_PROMPT = "Password"


@click.group(cls=AfterCase, invoke_without_command=True)
@case_argument
@json_option
@click.pass_context
def people(context: click.Context, case: Path, as_json: bool) -> None:
    """List who may open the workbench and what they may do there; with a command, change it.

    A viewer sees veils and line drawings; an analyst also sees clearly, grades and decides; a lead also lets people in; an
    auditor reads everything and changes nothing; an administrator lets people in and sees nothing.
    """
    context.obj = case
    if context.invoked_subcommand is None:
        _list(case, as_json)


@people.command("list")
@json_option
@click.pass_obj
def list_(case: Path, as_json: bool) -> None:
    """List everybody."""
    _list(case, as_json)


@people.command()
@name_argument
@click.option("--role", type=role_choice, default="analyst", show_default=True, help="What they may do.")
@click.option("--no-password", is_flag=True, help="They come in only by the link of homeward serve --as NAME.")
@click.pass_obj
def add(case: Path, name: str, role: str, no_password: bool) -> None:
    """Let NAME in; asks for a password."""
    from homeward.flow.workbench import people as keeping

    with opened_to_write(case) as opened_case:
        keeping.add(opened_case, name, role, "" if no_password else _asked(), getpass.getuser())
    click.echo(f"{name} is {role}.")
    next_step(f"homeward serve {case}")


@people.command()
@name_argument
@click.argument("role", type=role_choice, metavar="ROLE")
@click.pass_obj
def role(case: Path, name: str, role: str) -> None:
    """Make NAME a viewer, analyst, lead, auditor or administrator."""
    from homeward.flow.workbench import people as keeping

    with opened_to_write(case) as opened_case:
        keeping.set_role(opened_case, keeping.find(opened_case, name), role, getpass.getuser())
    click.echo(f"{name} is {role} now.")


@people.command()
@name_argument
@click.pass_obj
def password(case: Path, name: str) -> None:
    """Give NAME another password; asks for it."""
    from homeward.flow.workbench import people as keeping

    with opened_to_write(case) as opened_case:
        keeping.set_password(opened_case, keeping.find(opened_case, name), _asked(), getpass.getuser())
    click.echo(f"{name} has another password now.")


@people.command()
@name_argument
@click.pass_obj
def recover(case: Path, name: str) -> None:
    """Let NAME in without one-time codes again, whose telephone is gone; give them another password as well."""
    from homeward.flow.workbench import people as keeping

    with opened_to_write(case) as opened_case:
        keeping.set_password(opened_case, keeping.find(opened_case, name), _asked(), getpass.getuser())
        keeping.set_second(opened_case, keeping.find(opened_case, name), "", getpass.getuser())
    click.echo(f"{name} comes in with the new password alone, and can set up codes again.")


@people.command()
@name_argument
@click.pass_obj
def lock(case: Path, name: str) -> None:
    """Lock NAME out, at once and until unlock; what they did stays theirs."""
    _set_locked(case, name, locked=True)


@people.command()
@name_argument
@click.pass_obj
def unlock(case: Path, name: str) -> None:
    """Let NAME in again."""
    _set_locked(case, name, locked=False)


def _set_locked(case: Path, name: str, locked: bool) -> None:
    from homeward.flow.workbench import people as keeping

    with opened_to_write(case) as opened_case:
        keeping.set_locked(opened_case, keeping.find(opened_case, name), locked, getpass.getuser())
    click.echo(f"{name} is {'locked out' if locked else 'let in again'}.")


def _asked() -> str:
    return str(click.prompt(_PROMPT, hide_input=True, confirmation_prompt=True, err=True))


def _way(one: dict[str, object]) -> str:
    if one["locked"]:
        return "locked out"
    return ("password and code" if one["second"] else "password") if one["password"] else "link"


def _list(case: Path, as_json: bool) -> None:
    from homeward.flow.workbench.people import listed

    with opened(case) as opened_case:
        found = listed(opened_case)
    if as_json:
        print_json(found)
        return
    rows = [(one["name"], one["role"], _way(one)) for one in found]
    print_table("People", ("name", "role", "comes in by"), rows)
    next_step(f"homeward people {case} add NAME --role ROLE")
