"""How long hypothesis searches: ``quick`` (default), ``ci`` or ``deep``, chosen by HYPOTHESIS_PROFILE."""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, settings

PROFILE: Final = os.environ.get("HYPOTHESIS_PROFILE", "quick")
EXAMPLES: Final = {"quick": 40, "ci": 400, "deep": 5_000}
"""Examples of a property; each is a batch of inputs."""

# The quick profile searches the same places each time: a red run is the change's doing. Others roll dice.
for name, count in EXAMPLES.items():
    settings.register_profile(
        name,
        max_examples=count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        derandomize=name == "quick",
    )
settings.load_profile(PROFILE)


def scaled(quick: int, ci: int, deep: int) -> int:
    """The number that belongs to the profile."""
    return {"quick": quick, "ci": ci, "deep": deep}[PROFILE]
