"""Populations of requesters, provers and attackers over the model's formulas alone: how the mechanism behaves.

``book`` and ``queue`` clear rounds with the integers of ``economics``, without accounts and tokens, at more than
100,000 bids a second. Floats stand for what is measured, never for money that changes hands.
"""
