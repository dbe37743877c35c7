"""Write the contracts' ABIs, as compiled, into the SDK; `--check` only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parent.parent
COMPILED = ROOT / ".build" / "__local__.json"
FOLDER = ROOT / "src" / "zkpool_sdk" / "chain" / "abi"


class NotCompiled(click.ClickException):
    """A contract has no compiled artefact."""


def exported(contract: str) -> str:
    """The ABI of a compiled contract as the SDK keeps it: sorted, one entry a line, without internal types.

    Raises:
        NotCompiled: `ape compile` has not been run, or there is no such contract.
    """
    try:
        entries = json.loads(COMPILED.read_text())["contractTypes"][contract]["abi"]
    except (OSError, KeyError) as error:
        raise NotCompiled(f"no artefact of {contract}; run `make build` first ({error})") from None
    ordered = sorted(
        map(_tidy, entries), key=lambda entry: (entry["type"], entry.get("name", ""), str(entry))
    )
    return "[\n" + ",\n".join(json.dumps(entry, sort_keys=True) for entry in ordered) + "\n]\n"


def export(check: bool = False) -> list[str]:
    """Write every ABI, or with ``check`` none. Returns the contracts whose file is not what is compiled."""
    from zkpool_sdk.chain.abi import EXPORTED

    stale = []
    for contract in EXPORTED:
        file = FOLDER / f"{contract}.json"
        text = exported(contract)
        if not file.exists() or file.read_text() != text:
            stale.append(contract)
            if not check:
                file.write_text(text)
    return stale


def _tidy(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry without what only a compiler needs."""
    return {key: _tidy_value(value) for key, value in entry.items() if key != "internalType"}


def _tidy_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_tidy(item) if isinstance(item, dict) else item for item in value]
    return value


@click.command()
@click.option("--check", is_flag=True, help="Fail if a committed ABI differs from the compiled one.")
def cli(check: bool) -> None:
    """Export the contracts' ABIs into the SDK."""
    stale = export(check)
    for contract in stale:
        click.echo(f"{contract}: {'differs from the compiled contract' if check else 'written'}")
    if check and stale:
        click.echo("The ABI has changed. Run `ape run export_abi`, and look at the difference.", err=True)
        sys.exit(1)
    if not stale:
        click.echo("every ABI is the compiled one")


if __name__ == "__main__":
    cli()
