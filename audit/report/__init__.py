"""The report: one HTML file, nothing loaded from elsewhere, written from the results of the parts.

Pages show what they find in a part's figures, as the modules of the parts document them; what is not there is
left out. Of parts with more than one form these are drawn:

* mutation: ``mutants``, ``killed``, ``equivalent``, ``timeouts``, ``score`` and ``raw`` (0 to 1), ``by_file``
  and ``by_operator`` {name: {``mutants``, ``killed``, ``reviewed``}}, ``survivors`` [{``file``, ``line``,
  ``function``, ``operator``, ``before``, ``after``, ``reason``}].
* symbolic: ``checks`` [{``name``, ``law``, ``outcome``, ``paths``, ``seconds``, ``bounds``}].
* fuzz: ``targets`` [{``name``, ``inputs``, ``seconds``, ``crashes``}], ``verifiers`` [{``system``,
  ``proofs``, ``accepted``, ``kinds`` {name: count}}].
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from audit.report.view import View
from audit.result import BUILD

REPORT: Final = BUILD / "report.html"


def write_report(path: Path = REPORT) -> Path:
    """Writes the report on the results under ``build/audit`` and ``audit/kept``. Returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(View().html(), encoding="utf-8")
    return path
