"""Mutation testing of the contracts: every small change of them must be noticed by some test."""

from audit.result import Options, PartResult


def run(options: Options) -> PartResult:
    """Runs the part; what it needs is imported then, since a plugin of pytest is in this package too."""
    from audit.mutation.part import run

    return run(options)
