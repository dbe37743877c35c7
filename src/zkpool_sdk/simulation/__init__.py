"""Populations of requesters, provers and attackers over the model's formulas alone.

``book`` and ``queue`` clear rounds with the integers of ``economics``, without accounts and tokens, at more
than 100,000 bids a second. ``python -m zkpool_sdk.simulation QUESTION --seed N`` answers a question with a
plot; docs/MECHANISM.md reads them. Floats stand for what is measured, never for money that changes hands.
"""
