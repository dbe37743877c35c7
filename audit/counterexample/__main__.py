"""Plays counterexamples through ape: ``python -m audit.counterexample FOLDER ...`` says what each shows."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from audit.counterexample.on_ape import Broken


def main() -> int:
    """Plays those in the named folders. Returns how many show nothing."""
    silent = 0
    for folder in sys.argv[1:]:
        try:
            runpy.run_path(str(Path(folder) / "on_ape.py"), run_name="__main__")
        except Broken as shown:
            print(f"{folder}: shown: {shown}", flush=True)
        except Exception as error:
            silent += 1
            print(f"{folder}: not shown, but {type(error).__name__}: {error}", flush=True)
        else:
            silent += 1
            print(f"{folder}: nothing to see", flush=True)
    return silent


if __name__ == "__main__":
    sys.exit(main())
