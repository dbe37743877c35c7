"""Tests of ZKPool. A package, so that `tests.support` is ours and not that of an installed distribution."""
