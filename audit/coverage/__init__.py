"""Coverage of the contracts, line by line and both ways of every condition, mocks and interfaces apart.

What tests do to their chains is recorded (``audit.recording``) and replayed on the contracts with a probe at
every function, statement and outcome (``points``). Under ``quick`` a committed recording is replayed, of the
few tests that reach as much as all of them. Otherwise all tests of the contracts are recorded first.

Figures: ``lines``, ``branches``, ``functions``: [reached, all]; ``tests``, ``calls``; ``recorded`` (``kept``
or ``now``); ``files``: of each source ``file``, the three tallies, ``map`` (times that each line with code
was reached, by line) and ``missed`` (``line``, ``code``, ``what``, ``reason``).
"""

from audit.coverage.part import run

__all__ = ["run"]
