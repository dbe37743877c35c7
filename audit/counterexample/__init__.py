"""Counterexamples that a person can use.

From a life in which model and contracts disagree: the shortest list of acts that still shows it, told in
protocol words; the invariants it breaks, with number and formula; what differs on chain; and the same calls
as an ape script and as a Foundry-style test that both run.
"""
