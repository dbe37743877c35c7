"""The solver halmos calls: yices, asked first without what makes it slow and cannot make it wrong.

solver.py QUERY.smt2; run by the Python of the audit's own environment.

A product with a condition (`ite c 0 1`), which OpenZeppelin chooses with, is written as a choice: a
multiplier of 256 bits is what solvers are worst at. And a checked product leaves `x = 0 or x y / x = y`
on the path, a division by an unknown. Leaving assertions out only adds models: where no model is left
without them, none is with them, so `unsat` stands. Otherwise the whole query is asked.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DIVISION = re.compile(r"\((?:f_evm_bvudiv_\d+|f_evm_bvurem_\d+|bvudiv|bvurem) ")
CONSTANT_DIVISOR = re.compile(r"^(?:\(_ bv\d+ \d+\)|#x[0-9a-f]+|#b[01]+)\)")

PRODUCT = re.compile(r"\(f_evm_bvmul_(\d+) ")
BIT = re.compile(r"\(_ bv[01] \d+\) \(_ bv[01] \d+\)\)$")


def commands(text: str) -> list[str]:
    """The top-level expressions of an SMT-LIB text."""
    text = re.sub(r";[^\n]*", "", text)
    found, depth, start = [], 0, 0
    for match in re.finditer(r"[()]", text):
        if match[0] == "(":
            if depth == 0:
                start = match.start()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                found.append(text[start : match.end()])
    return found


def end_of(text: str, start: int) -> int:
    """Where the expression ends that begins at `start`."""
    if text[start] != "(":
        found = re.compile(r"[\s()]").search(text, start)
        return found.start() if found else len(text)
    depth = 0
    for match in re.compile(r"[()]").finditer(text, start):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            return match.end()
    return len(text)


def divides_by_unknown(command: str) -> bool:
    """Whether an assertion has a division whose divisor is no constant."""
    for match in DIVISION.finditer(command):
        divisor = end_of(command, match.end()) + 1
        if not CONSTANT_DIVISOR.match(command[divisor:]):
            return True
    return False


def with_choices(text: str) -> str:
    """The text with `x * (ite c 0 1)` as `ite (that = 0) 0 x`; the printer gives every shared term a name."""
    words = {name for name in re.findall(r"\(\((\?x\d+) \(ite ", text) if is_bit(text, name)}
    out, done = [], 0
    for match in PRODUCT.finditer(text):
        if match.start() < done:
            continue  # inside a product that is rewritten as a whole
        left = match.end()
        right = end_of(text, left) + 1
        end = end_of(text, right)
        a, b = text[left : right - 1], text[right:end]
        bit, other = (b, a) if b in words else (a, b)
        if bit not in words or text[end] != ")":
            continue
        zero = f"(_ bv0 {match[1]})"
        out += [text[done : match.start()], f"(ite (= {bit} {zero}) {zero} {other})"]
        done = end + 1
    return "".join([*out, text[done:]])


def is_bit(text: str, name: str) -> bool:
    """Whether every definition of a name is a choice of 0 and 1."""
    starts = [match.end() - 1 for match in re.finditer(re.escape(f"(({name} ("), text)]
    return all(BIT.search(text[start : end_of(text, start)]) for start in starts)


def ask(query: Path) -> str:
    """What yices answers."""
    done = subprocess.run(["yices-smt2", str(query)], capture_output=True, text=True, check=False)
    return done.stdout or done.stderr


def main() -> int:
    """Asks once or twice and prints the last answer."""
    query = Path(sys.argv[1])
    every = commands(with_choices(query.read_text(encoding="utf-8")))
    whole = query.with_suffix(".whole.smt2")
    whole.write_text("\n".join(every), encoding="utf-8")
    kept = [c for c in every if not (c.startswith("(assert") and divides_by_unknown(c))]
    if len(kept) < len(every):
        lean = query.with_suffix(".lean.smt2")
        lean.write_text("\n".join(kept), encoding="utf-8")
        answer = ask(lean)
        if answer.startswith("unsat"):
            print(answer)
            return 0
    print(ask(whole))
    return 0


if __name__ == "__main__":
    sys.exit(main())
