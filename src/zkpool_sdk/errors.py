"""Everything the SDK raises has one root, ``ZKPoolError``."""

from __future__ import annotations


class ZKPoolError(Exception):
    """Root of every exception raised by ``zkpool_sdk``."""
