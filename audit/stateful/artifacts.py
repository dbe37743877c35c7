"""The compiled contracts, where every worker finds them: ape takes seconds to say the same."""

from __future__ import annotations

import pickle
from typing import Final

from audit.stateful.plan import FOLDER
from tests.support.rawchain import Artifacts, compiled

FILE: Final = FOLDER / "artifacts.pickle"


def keep() -> None:
    """Compiles what has changed, and writes it all down."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_bytes(pickle.dumps(dict(compiled())))


def kept() -> Artifacts:
    """What was written down."""
    found: Artifacts = pickle.loads(FILE.read_bytes())
    return found
