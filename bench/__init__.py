"""ZKPool's prover beside others, on the same circuits and witnesses: ``make bench-prover``."""
