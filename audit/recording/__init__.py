"""What tests did to their chains, written down so that it can be done again without them.

A recording is a folder: one file of steps for each chain that lived (``reading.Life``), and ``labels.json``
with what each stretch of steps belongs to: a test, or a fixture that tests share. Creation code is noted by
the contract's name, so a recording can be replayed on any build of the contracts, rewritten ones included.
"""
