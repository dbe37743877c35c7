"""ZKPool: a proof market with a generalised second-price auction, and the pool of provers behind it.

Importing the package costs nothing but the version; take what you need from its modules::

    from zkpool_sdk.units import zk
    from zkpool_sdk.economics.bidding import suggest_bid
"""

from __future__ import annotations

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """The installed version, looked up when asked for."""
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("zkpool-sdk")
        except PackageNotFoundError:  # run from a checkout that was never installed
            return "0+unknown"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Public names of the package."""
    return [*__all__]
