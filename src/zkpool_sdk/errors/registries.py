"""Errors of the registries of projects, provers and accelerators, and of binding contracts to each other."""

from __future__ import annotations

from zkpool_sdk.errors.base import ContractError


class NotDeployer(ContractError):
    """Only the deployer may name the market."""

    caller: str


class NotMarket(ContractError):
    """Only the market may do this."""

    caller: str


class MarketAlreadyBound(ContractError):
    """The market was named before; it is named once."""

    market: str


class HasNoCode(ContractError):
    """The address to be bound is no contract."""

    account: str


class WrongSettlement(ContractError):
    """The settlement was deployed for other contracts than this market."""

    settlement: str


class MarketHasNoCode(ContractError):
    """The address named as the market is no contract."""

    market: str


class UnknownProject(ContractError):
    """No project has this id."""

    project: int


class UnknownQueue(ContractError):
    """No queue has this id, or it has no such version of terms."""

    queue: int


class NotProjectAdmin(ContractError):
    """Only the project's admin may do this."""

    project: int
    caller: str


class VerifierNotAllowed(ContractError):
    """The owner has not allowed this verifier."""

    verifier: str


class WrongRuleCount(ContractError):
    """The circuit has `expected` signals; `got` rules were given."""

    got: int
    expected: int


class SignalCountOutOfBounds(ContractError):
    """A queue has between 1 and `limit` signals."""

    got: int
    limit: int


class RuleMissing(ContractError):
    """NONE is no rule for a signal."""

    index: int


class ProofWindowOutOfBounds(ContractError):
    """The proof window is too short or too long."""

    got_seconds: int
    min_seconds: int
    max_seconds: int


class LiabilityWindowOutOfBounds(ContractError):
    """The liability window is too short or too long."""

    got_seconds: int
    min_seconds: int
    max_seconds: int


class Tier1PenaltyTooHigh(ContractError):
    """Tier 1's penalty is beyond the bound."""

    got_wei: int
    limit_wei: int


class GoodSampleRefused(ContractError):
    """The verifier refuses the project's own good sample."""


class BadSampleAccepted(ContractError):
    """The verifier accepts the sample's proof for other signals."""


class MinRatingTooHigh(ContractError):
    """A rating is at most `limit_ppm`; no prover could ever serve the queue."""

    got_ppm: int
    limit_ppm: int


class TooManyVersions(ContractError):
    """The queue has used up its term versions."""

    queue: int


class AlreadyRegistered(ContractError):
    """The account is a prover already."""

    account: str


class NotRegistered(ContractError):
    """The account is no prover."""

    account: str


class UnknownProver(ContractError):
    """No prover has this id."""

    prover: int


class AlreadySeated(ContractError):
    """The prover has a seat in the queue."""

    queue: int
    prover: int


class NotSeated(ContractError):
    """The prover has no seat in the queue."""

    queue: int
    prover: int


class QueueFull(ContractError):
    """All seats are held by eligible provers."""

    queue: int
    seat_limit: int


class TasksInFlight(ContractError):
    """Tasks are still in flight; set the capacity to 0 and finish them first."""

    queue: int
    prover: int
    in_flight: int


class CapacityTooHigh(ContractError):
    """A seat offers at most `limit` jobs at once."""

    got: int
    limit: int


class NotActive(ContractError):
    """Only a prover whose stake is active may join."""

    account: str


class NotJailed(ContractError):
    """The prover is not in jail; a ban ends by itself."""

    prover: int


class ProverIsBanned(ContractError):
    """The prover gets no task until `banned_until`; from jail it has to ask to leave."""

    prover: int
    banned_until: int


class WrongSeat(ContractError):
    """The seat is not this prover's; look its seat up in the queue."""

    queue: int
    seat: int
    prover: int


class NoFreeCapacity(ContractError):
    """The seat has as many tasks as it offers, or as a newcomer may have; prove one first."""

    queue: int
    prover: int


class RatingTooLow(ContractError):
    """The queue asks for a better rating than the prover has."""

    prover: int
    rating_ppm: int
    min_rating_ppm: int


class ScopesInvalid(ContractError):
    """A hot key's scopes are any of 1 submit, 2 decline, 4 heartbeat, and at least one."""

    scopes: int


class KeyExpiryOutOfBounds(ContractError):
    """A hot key lasts until after now and at most a year."""

    got_at: int
    min_at: int
    max_at: int


class KeyNotProposed(ContractError):
    """The prover has not proposed this key, or has revoked it."""

    prover: int
    key: str


class KeyNotAllowed(ContractError):
    """The key may not do this for the prover: not accepted, expired, or without this scope."""

    prover: int
    key: str
    scope: int


class UnknownAccelerator(ContractError):
    """No accelerator has this id."""

    accelerator: int


class NotAcceleratorOwner(ContractError):
    """Only who published the accelerator may do this."""

    accelerator: int
    caller: str


class ShareTooHigh(ContractError):
    """The accelerator asks for more of its users' side than is allowed."""

    got_bps: int
    limit_bps: int


class TooManyKeys(ContractError):
    """A release names at most `limit` verifying keys; name none if it proves every circuit."""

    got: int
    limit: int


class EmptyRelease(ContractError):
    """A release has a content hash, so that users run what was published."""


class AcceleratorRetired(ContractError):
    """The accelerator takes no new users; choose another, or 0 for none."""

    accelerator: int


class AcceleratorUnfit(ContractError):
    """The accelerator's software does not prove this queue's circuit."""

    accelerator: int
    key: bytes
