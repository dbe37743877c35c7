"""Errors of the adapters to tier 1."""

from __future__ import annotations

from zkpool_sdk.errors.base import ContractError


class UnknownWork(ContractError):
    """The adapter knows no such piece of work."""

    ext: int


class WrongWorkStatus(ContractError):
    """The work is not in the status that this needs."""

    ext: int
    got: int
    expected: int


class WorkIsBound(ContractError):
    """The work is bound to this task, which is not over."""

    ext: int
    task: bytes


class TaskUnfit(ContractError):
    """The task is not the work's, or the market has not assigned it."""

    ext: int
    task: bytes


class RelaysNothing(ContractError):
    """Provers hand their proofs to the market; this adapter relays none."""


class StakesNothing(ContractError):
    """This adapter has nothing at stake in tier 1."""


class NotAssignedToPool(ContractError):
    """Tier 1 has assigned the block to another prover."""

    ext: int
    assigned: str


class DataDiffers(ContractError):
    """The data is not what was proposed."""

    ext: int
    got_hash: bytes
    expected_hash: bytes


class WorkTooLate(ContractError):
    """There is not enough of tier 1's window left."""

    ext: int
    now_at: int
    last_at: int


class TooManyWorks(ContractError):
    """So many works at once are not settled; settle some first."""

    limit: int


class Tier1HasNoCode(ContractError):
    """Tier 1 is no contract."""

    tier1: str


class Tier1CallFailed(ContractError):
    """Tier 1 refused, or ran out of the gas it gets; `reason` is its error's selector, zero without one."""

    called: bytes
    reason: bytes


class UnitPriceOutOfBounds(ContractError):
    """The price of tier 1's token is out of its bounds."""

    got_wei: int
    min_wei: int
    max_wei: int


class OrderTooSmall(ContractError):
    """The pool does not buy, or sell, that many units now."""

    got_units: int
    left_units: int


class PriceMoved(ContractError):
    """The price has moved to where the caller does not want to trade."""

    got_wei: int
    limit_wei: int


class FreeFundsTooLow(ContractError):
    """The pool's free ZK in the adapter does not cover it."""

    got_wei: int
    free_wei: int


class PenaltyTooHigh(ContractError):
    """The penalty is more than the reward it is taken from."""

    got_wei: int
    limit_wei: int


class ProveByOutOfBounds(ContractError):
    """The time for the proof is out of its bounds."""

    got_at: int
    min_at: int
    max_at: int
