"""JSON that anybody may have written: bids, inputs of tasks, deployments."""

from __future__ import annotations

import json
import re
from typing import Any, Final

MAX_LEVELS: Final = 64
"""No record is nested nearly so deep."""
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET: Final = re.compile(r"[\[\]{}]")


def parse_record(text: str | bytes) -> Any:
    """The value of a JSON text.

    Python's own limit of levels does not protect: a library may have raised it (py_ecc does), and then a deep
    text runs out of stack, which no ``except`` catches. So levels are counted before anything is parsed.

    Raises:
        ValueError: it is no JSON, or nested too deep.
    """
    decoded = text if isinstance(text, str) else text.decode(json.detect_encoding(text))
    levels = 0
    for bracket in _BRACKET.findall(_STRING.sub("", decoded)):
        levels += 1 if bracket in "[{" else -1
        if levels > MAX_LEVELS:
            raise ValueError("it is nested too deep")
    return json.loads(decoded)
