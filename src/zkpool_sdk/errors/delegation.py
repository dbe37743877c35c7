"""Errors of the delegation vault."""

from __future__ import annotations

from zkpool_sdk.errors.base import ContractError


class SharesWorthless(ContractError):
    """Losses left so little behind each share that new money could not be counted fairly."""

    assets_wei: int
    shares: int


class RequestTooSmall(ContractError):
    """A request this small is taken only for all that an owner has; ask for more, or for everything."""

    worth_wei: int
    min_wei: int


class TooFewShares(ContractError):
    """Profit waits in the splitter until there is somebody to share it."""

    got_shares: int
    min_shares: int


class LoanOpen(ContractError):
    """The prover has a loan already, or still owes of one."""

    prover: str
    out_wei: int


class NoLoan(ContractError):
    """Nothing is lent to the prover."""

    prover: str


class LoanCoversBonds(ContractError):
    """The loan still covers bonds of open assignments; finish them first."""

    prover: str
    locked_wei: int


class NotRecallable(ContractError):
    """The prover works, has lost nothing, and the pool can pay whom it owes; only the operator may recall."""

    prover: str


class LentTooMuch(ContractError):
    """At most half of the assets are lent; wait for deposits or for another loan to come back."""

    got_wei: int
    limit_wei: int


class FreeIdleTooLow(ContractError):
    """Idle money is short, or promised to those who wait to redeem."""

    got_wei: int
    free_wei: int


class NotOperator(ContractError):
    """Only the operator of the delegation vault may do this."""

    caller: str


class NotAdapter(ContractError):
    """The owner has never allowed this adapter."""

    adapter: str


class AdapterHasNoCode(ContractError):
    """The address of the adapter is no contract."""

    adapter: str


class AdapterCapExceeded(ContractError):
    """The adapter would be worth more than its cap."""

    adapter: str
    got_wei: int
    cap_wei: int


class AdaptersCapExceeded(ContractError):
    """At most 30 % of the assets are in tier 1."""

    got_wei: int
    limit_wei: int
