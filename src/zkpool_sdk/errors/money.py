"""Errors of the places that hold money: stake vault, reward splitter, insurance fund."""

from __future__ import annotations

from zkpool_sdk.errors.base import ContractError


class AmountZero(ContractError):
    """The amount is zero."""


class TokenTookFee(ContractError):
    """The token moved another amount than asked; such tokens are refused."""

    expected_wei: int
    got_wei: int


class UnstakeExceedsStake(ContractError):
    """More is asked than the prover's own stake, decayed to now."""

    prover: str
    got_wei: int
    own_wei: int


class PartialExitTooDeep(ContractError):
    """A partial exit must leave the entry stake; ask for the whole to leave."""

    prover: str
    left_wei: int
    entry_stake_wei: int


class NothingUnbonding(ContractError):
    """Nothing is leaving."""

    prover: str


class StillUnbonding(ContractError):
    """What is leaving may be paid from `unbond_at` on."""

    prover: str
    now_at: int
    unbond_at: int


class CoversBonds(ContractError):
    """Everything that is leaving still covers bonds of open assignments."""

    prover: str
    locked_wei: int


class BondExceedsFreeStake(ContractError):
    """The free stake does not cover the bond."""

    prover: str
    bond_wei: int
    free_wei: int


class NothingToClaim(ContractError):
    """The account has nothing to claim."""

    account: str


class PoolRateTooHigh(ContractError):
    """The pool's part is beyond the bound."""

    got_bps: int
    limit_bps: int


class SponsorRateTooHigh(ContractError):
    """The sponsor's part is beyond the bound."""

    got_bps: int
    limit_bps: int


class DelegatorsRateTooHigh(ContractError):
    """The delegators' part is beyond the bound."""

    got_bps: int
    limit_bps: int


class RatesChangedRecently(ContractError):
    """Rates may change again only when no task of the previous rates can be in flight."""

    now_at: int
    allowed_at: int


class ZeroAddress(ContractError):
    """The address is zero."""


class DelegatorsAlreadySet(ContractError):
    """The delegators' account is set once."""

    delegators: str


class NotDelegators(ContractError):
    """Only the delegators' account may take its part, because it has to book it."""

    caller: str


class NotSponsor(ContractError):
    """Only the bound sponsor, the delegation vault, lends and recalls stake."""

    caller: str


class SponsorAlreadyBound(ContractError):
    """The sponsor was named before; it is named once."""

    sponsor: str


class NotSponsorable(ContractError):
    """Lent stake is for provers without bonds, active stake or another loan."""

    prover: str


class NothingToRecall(ContractError):
    """Nothing is lent to the prover, or all of it covers bonds of open assignments; wait for those."""

    prover: str


class NothingToBurn(ContractError):
    """The fund is not above its cap."""

    balance_wei: int
    cap_wei: int


class CapOutOfBounds(ContractError):
    """The cap is out of its bounds."""

    got_wei: int
    min_wei: int
    max_wei: int
