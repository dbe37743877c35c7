"""Slither over a compilation that is there already; run by the Python of the audit's own environment.

python analysis.py COMPILATION REPORT VERSION, in the folder that the compilation's paths are relative to.
COMPILATION is what ``solc --standard-json`` of that VERSION answered. REPORT becomes one JSON object: the
detectors that ran, slither's findings as it gives them, and the functions it could not read.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

from crytic_compile import CryticCompile
from crytic_compile.compilation_unit import CompilationUnit
from crytic_compile.compiler.compiler import CompilerVersion
from crytic_compile.platform.solc_standard_json import SolcStandardJson, parse_standard_json_output
from slither import Slither
from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector


class Compiled(SolcStandardJson):
    """A compilation read from a file; crytic-compile's own way runs a compiler."""

    def __init__(self, output: dict[str, Any], version: str) -> None:
        super().__init__({})
        self.output = output
        self.version = version

    def compile(self, crytic_compile: CryticCompile, **_: Any) -> None:
        """Hands the file's contents on. Slither reads syntax trees; bytecode it only wants to be there."""
        unit = CompilationUnit(crytic_compile, "standard_json")
        unit.compiler_version = CompilerVersion(
            compiler="solc", version=self.version, optimized=True, optimize_runs=200, via_ir=True
        )
        code = {"object": "", "sourceMap": ""}
        for contracts in self.output["contracts"].values():
            for contract in contracts.values():
                contract.setdefault("evm", {}).update(bytecode=code, deployedBytecode=code)
        parse_standard_json_output(self.output, unit)


class Unread(logging.Handler):
    """Notes the functions that slither says it could not turn into its own form."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the function's name; any other error goes to the output."""
        message = record.getMessage()
        found = re.match(r"Impossible to generate IR for (\S+) ", message)
        if found:
            self.functions.append(found.group(1))
        elif record.levelno >= logging.ERROR:
            print(message, file=sys.stderr)


def detectors() -> list[type[AbstractDetector]]:
    """Every detector slither has."""
    found = [getattr(all_detectors, name) for name in dir(all_detectors)]
    kinds = [kind for kind in found if isinstance(kind, type) and issubclass(kind, AbstractDetector)]
    return sorted((kind for kind in kinds if kind is not AbstractDetector), key=lambda kind: kind.ARGUMENT)


def main() -> int:
    """Runs every detector."""
    compilation, report, version = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    unread = Unread()
    parsing = logging.getLogger("ContractSolcParsing")
    parsing.addHandler(unread)
    parsing.propagate = False
    slither = Slither(CryticCompile(Compiled(json.loads(compilation.read_bytes()), version)))
    for detector in detectors():
        slither.register_detector(detector)
    found = [finding for results in slither.run_detectors() for finding in results]
    names = [detector.ARGUMENT for detector in detectors()]
    report.write_text(json.dumps({"detectors": names, "findings": found, "unread": unread.functions}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
