"""Who may do what: one row for each function that writes, of each contract that is deployed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.support.rawmarket import mock_proof
from tests.support.stage import HOUR, KEY, RULES, ZERO, ZK, City, terms

Arguments = Callable[[City], tuple[Any, ...]]

ROLES: Final = (
    "owner",
    "guardian",
    "admin",
    "deployer",
    "operator",
    "treasury",
    "prover",
    "hot_key",
    "second",  # another prover, which could rescue
    "requester",
    "third",  # may raise the requester's bid
    "publisher",  # of an accelerator
    "delegator",
    "market",
    "desk",
    "sponsor",
    "adapter",
    "outsider",
)
ALL: Final = frozenset(ROLES)
"""Everybody: what the caller may lack is its own money, bid or stake, never a role."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a function is called with, by whom it may be, and how others are refused."""

    arguments: Arguments
    allowed: frozenset[str] = ALL
    refusals: tuple[str, ...] = ()


def some(*values: Any) -> Arguments:
    """Arguments that do not depend on what happened before."""
    return lambda _: values


def only(roles: str, refusals: str, arguments: Arguments | None = None) -> Row:
    """A function for some roles."""
    return Row(arguments or some(), frozenset(roles.split()), tuple(refusals.split()))


def everybody(arguments: Arguments | None = None) -> Row:
    """A function for everybody."""
    return Row(arguments or some())


A: Final = "0x" + "05" * 20
B32: Final = b"\x07" * 32
NOT_OWNER: Final = "OwnableUnauthorizedAccount"
NO_ALLOWANCE: Final = "ERC20InsufficientAllowance"
OWNABLE: Final[Mapping[str, Row]] = {
    "acceptOwnership": only("", NOT_OWNER),  # nobody is pending
    "renounceOwnership": only("owner", NOT_OWNER),
    "transferOwnership": only("owner", NOT_OWNER, some(A)),
}
ERC20: Final[Mapping[str, Row]] = {
    "approve": everybody(some(A, 1)),
    "transfer": everybody(some(A, 0)),
}


def _queue(city: City) -> tuple[Any, ...]:
    signals = list(range(1, len(RULES) + 1))
    sample = (signals, mock_proof(signals))
    return (1, city.stage.pool.verifier.address, KEY, list(RULES), terms(), sample)


def _bid(city: City) -> tuple[Any, ...]:
    return (city.stage.queue, [11, 22], ZK, city.stage.chain.now + HOUR, b"")


def _proof(city: City) -> tuple[Any, ...]:
    return (city.assigned, *city.stage.proof(city.assigned, city.stage.prover))


def _proofs(city: City) -> tuple[Any, ...]:
    task, signals, proof = _proof(city)
    return (city.stage.queue, city.stage.prover, [task], [signals], [proof])


def _signed(city: City) -> tuple[Any, ...]:
    bid = (city.stage.requester, city.stage.queue, [11, 22], ZK, 2**40 - 1, b"", ZERO, 0, 1, 2**40 - 1)
    return (bid, b"\x01" * 65)


SETTLEMENT: Final[Mapping[str, Row]] = {
    "submitProof": only("prover hot_key", "NotAssignedProver", _proof),
    "submitProofs": only("prover hot_key", "NotAssignedProver", _proofs),
    "decline": only("prover hot_key", "NotAssignedProver", lambda c: (c.assigned,)),
    "claimOpen": only("second", "ProverNotActive WrongSeat", lambda c: (c.opened, c.second_seat)),
    "finalize": everybody(lambda c: (c.opened,)),
}

MATRIX: Final[Mapping[str, Mapping[str, Row]]] = {
    "ZKToken": {
        **ERC20,
        # The requester has approved where its money goes to.
        "transferFrom": only("market desk sponsor", NO_ALLOWANCE, lambda c: (c.stage.requester, A, 1)),
        "burn": everybody(some(0)),
        "burnFrom": only("market desk sponsor", NO_ALLOWANCE, lambda c: (c.stage.requester, 1)),
        "permit": only(
            "",
            "ERC2612InvalidSigner ECDSAInvalidSignature",
            lambda c: (c.stage.requester, A, 1, 2**40, 27, B32, B32),
        ),
    },
    "InsuranceFund": {
        **OWNABLE,
        "burnOverflow": everybody(),
        "setCap": only("owner", NOT_OWNER, some(10**24)),
    },
    "AcceleratorRegistry": {
        "register": everybody(some(B32, "mock", [], 100, "")),
        "setPayout": only("publisher", "NotAcceleratorOwner", some(1, A)),
        "retire": only("publisher", "NotAcceleratorOwner", some(1)),
    },
    "ProjectRegistry": {
        **OWNABLE,
        "registerProject": everybody(some("")),
        "createQueue": only("admin", "NotProjectAdmin", _queue),
        "createSealedQueue": only("admin", "NotProjectAdmin", lambda c: (*_queue(c), 0)),
        "setTerms": only("admin", "NotProjectAdmin", lambda c: (c.stage.queue, terms(c.window))),
        "closeQueue": only("admin", "NotProjectAdmin", lambda c: (c.stage.queue,)),
        "freezeQueue": only("admin owner", "NotProjectAdmin", lambda c: (c.stage.queue,)),
        "setCarrier": only("owner", NOT_OWNER, lambda c: (c.stage.queue, A)),
        "allowVerifier": only("owner", NOT_OWNER, some(A, True)),
    },
    "ProverRegistry": {
        "bindMarket": only("deployer", "NotDeployer", some(A)),
        "register": everybody(some("")),
        "join": only("prover second", "NotRegistered", lambda c: (c.stage.queue, 1)),
        "setCapacity": only("prover second", "NotRegistered", lambda c: (c.stage.queue, 1)),
        "leave": only("prover second", "NotRegistered", lambda c: (c.stage.queue,)),
        "setAccelerator": only("prover second", "NotRegistered", lambda c: (c.stage.queue, 0)),
        "proposeKey": only("prover second", "NotRegistered", some(A, 7, 2**33)),
        "acceptKey": only("third", "KeyNotProposed", lambda c: (c.stage.id_of(c.stage.prover),)),
        "revokeKey": only(
            "prover hot_key",
            "KeyNotAllowed",
            lambda c: (c.stage.id_of(c.stage.prover), c.stage.hot_key),
        ),
        "heartbeat": only(
            "prover hot_key",
            "KeyNotAllowed",
            lambda c: (c.stage.id_of(c.stage.prover), c.stage.queue, c.first_seat, 1),
        ),
        "leaveJail": only("prover second", "NotRegistered"),
        "takeOpen": only("market", "NotMarket", lambda c: (c.stage.queue, c.second_seat, c.stage.second)),
        "award": only("market", "NotMarket", lambda c: (c.stage.queue, [])),
        "recordProven": only("market", "NotMarket", lambda c: (c.stage.queue, c.first_seat, 1, [1], [600])),
        "recordLate": only("market", "NotMarket", lambda c: (c.stage.queue, c.first_seat, 1)),
        "recordDeclined": only("market", "NotMarket", lambda c: (c.stage.queue, c.first_seat, 1)),
        "recordVoid": only("market", "NotMarket", lambda c: (c.stage.queue, c.first_seat)),
        "recordMissed": only("market", "NotMarket", lambda c: (c.stage.queue, c.first_seat, 1)),
        "recordInvalid": only("market", "NotMarket", lambda c: (c.stage.queue, c.first_seat, 1)),
    },
    "StakeVault": {
        "bindMarket": only("deployer", "NotDeployer", some(A)),
        "bindSponsor": only("deployer", "NotDeployer", some(A)),
        "stake": everybody(some(1)),
        "stakeFor": everybody(lambda c: (c.stage.prover, 1)),
        "stakeWithPermit": everybody(some(1, 0, 27, B32, B32)),
        "requestUnstake": everybody(some(1)),
        "finishUnstake": everybody(),
        "settle": everybody(lambda c: (c.stage.prover,)),
        "lend": only("sponsor", "NotSponsor", lambda c: (c.stage.outsider, ZK)),
        "recall": only("sponsor", "NotSponsor", lambda c: (c.stage.prover,)),
        "setBacked": only("sponsor", "NotSponsor", lambda c: (c.stage.queue, True)),
        "lockBonds": only("market", "NotMarket", lambda c: ([c.stage.second], [1])),
        "releaseBond": only("market", "NotMarket", lambda c: (c.stage.prover, 1, True)),
        "slash": only("market", "NotMarket", lambda c: ((B32, c.stage.prover, 1, 1, 0, 0, False, False),)),
        "advanceClock": only("market", "NotMarket", some(0)),
    },
    "RewardSplitter": {
        **OWNABLE,
        "bindMarket": only("deployer", "NotDeployer", some(A)),
        "credit": only("market", "NotMarket", lambda c: (c.stage.prover, [0], [0], False, 0, 0)),
        "claim": everybody(),
        "restake": everybody(),
        "claimTreasury": everybody(),
        "claimDelegators": only("sponsor", "NotDelegators"),
        "setRates": only("owner", NOT_OWNER, some(1000, 5000, 2000)),
        "setTreasury": only("owner", NOT_OWNER, some(A)),
        "setDelegators": only("owner", NOT_OWNER, some(A)),
    },
    "ProverMarket": {
        **OWNABLE,
        **SETTLEMENT,
        "bindDesk": only("deployer", "NotDeployer", some(A)),
        "placeBid": everybody(_bid),
        "placeBidFor": only("desk", "NotDesk", lambda c: (c.stage.requester, *_bid(c))),
        "raiseBid": only("requester", "NotRequester", lambda c: (c.queued, 9 * ZK)),
        "raiseBidFor": only("desk", "NotDesk", lambda c: (c.queued, 9 * ZK)),
        "cancelBid": only("requester", "NotRequester", lambda c: (c.queued,)),
        "expireBid": everybody(lambda c: (c.queued,)),
        "clear": everybody(lambda c: (c.stage.queue,)),
        "claimCredit": everybody(),
        "pause": only("guardian owner", "NotGuardian"),
        "unpause": only("guardian owner", "NotGuardian"),
        "setGuardian": only("owner", NOT_OWNER, some(A)),
    },
    # Called directly it stands on storage of its own, where no task is and nothing is held.
    "Settlement": {
        "submitProof": only("", "WrongStatus", _proof),
        "submitProofs": only("prover hot_key", "NotAssignedProver", _proofs),
        "decline": only("", "WrongStatus", lambda c: (c.assigned,)),
        "claimOpen": only("", "WrongStatus", lambda c: (c.opened, c.second_seat)),
        "finalize": only("", "WrongStatus", lambda c: (c.opened,)),
    },
    "BidDesk": {
        # Whoever brings it: only the requester's own signature counts, and this is none.
        "placeSigned": only("", "WrongSigner ECDSAInvalidSignature", _signed),
        "revokeDigest": everybody(some(B32)),  # takes back the caller's own signature
        "allowRaise": only("requester", "NotRequester", lambda c: (c.queued, A, ZK)),
        "raiseFor": only("third", "NotRaiser", lambda c: (c.queued, 5 * ZK)),
        "commit": everybody(lambda c: (c.stage.queue, B32)),
        "reveal": everybody(lambda c: (c.stage.queue, [11, 22], ZK, 2**40 - 1, b"", 1)),
        "forfeit": everybody(some(B32)),
        "claimDeposit": everybody(),
    },
    "MarketLens": {},
    "DelegationVault": {
        **OWNABLE,
        **ERC20,
        "transferFrom": only("", NO_ALLOWANCE, lambda c: (c.stage.delegator, A, 1)),
        "deposit": everybody(some(0, A)),
        "mint": everybody(some(0, A)),
        "requestRedeem": only("delegator", NO_ALLOWANCE, lambda c: (10**6 * ZK, c.stage.delegator)),
        "redeem": everybody(lambda c: (0, A, c.stage.delegator)),
        "withdraw": everybody(lambda c: (0, A, c.stage.delegator)),
        "settleRequests": everybody(some(1)),
        "claimCredit": everybody(),
        "collect": everybody(),
        "borrowStake": only("prover second", "NotRegistered"),
        "returnStake": everybody(),
        "recall": everybody(lambda c: (c.stage.prover,)),
        "backQueue": only("operator", "NotOperator", lambda c: (c.stage.queue, True)),
        "allowProver": only("operator", "NotOperator", some(A, True)),
        "setOperator": only("owner", NOT_OWNER, some(A)),
        "allowAdapter": only("owner", NOT_OWNER, lambda c: (c.contracts["TaikoAdapter"].address, 1)),
        "fund": only("operator", "NotOperator", lambda c: (c.contracts["TaikoAdapter"].address, 1)),
        "repay": only("adapter", "NotAdapter", some(1)),
        "mark": everybody(lambda c: (c.contracts["TaikoAdapter"].address,)),
        "writeOff": only("owner", NOT_OWNER, lambda c: (c.contracts["TaikoAdapter"].address,)),
    },
    "Groth16Verifier": {
        "registerKey": everybody(lambda c: (c.verifying_key,)),
    },
    "PlonkVerifier": {
        "registerKey": everybody(lambda c: (c.plonk_key,)),
    },
    "FflonkVerifier": {
        "registerKey": everybody(lambda c: (c.fflonk_key,)),
    },
    "PushAdapter": {
        "post": everybody(lambda c: (c.stage.queue, [11, 22], 1, 0, c.stage.chain.now + 600)),
        "onAssigned": everybody(some(1, B32)),
        "settle": everybody(some(1)),
        "claimCredit": everybody(),
    },
    "TaikoAdapter": {
        **OWNABLE,
        "enter": everybody(some(1, b"")),
        "onAssigned": everybody(some(1, B32)),
        "submit": everybody(some(1, [], b"")),
        "settle": everybody(some(1)),
        "collect": everybody(),
        "sellUnits": everybody(some(0, 0)),
        "buyUnits": everybody(some(0, 0)),
        "setOrders": only("operator", "NotOperator", some(0, 0)),
        "setUnitPrice": only("owner", NOT_OWNER, some(ZK)),
        "setOperator": only("owner", NOT_OWNER, some(A)),
        "repay": only("operator", "NotOperator", some(1)),
        "setOffer": only("operator", "NotOperator", some(1, 1, 1)),
        "stake": only("operator", "NotOperator", some(1)),
        "requestExit": only("operator", "NotOperator"),
        "withdraw": only("operator", "NotOperator"),
    },
    # Here the owner proposes, the guardian may cancel, anybody executes, and nobody holds the admin role.
    "Timelock": {
        "schedule": only("owner", "AccessControlUnauthorizedAccount", some(A, 0, b"", B32, B32, 60)),
        "scheduleBatch": only(
            "owner", "AccessControlUnauthorizedAccount", some([A], [0], [b""], B32, B32, 60)
        ),
        "cancel": only("owner", "AccessControlUnauthorizedAccount", some(B32)),
        "execute": everybody(some(A, 0, b"", B32, B32)),
        "executeBatch": everybody(some([A], [0], [b""], B32, B32)),
        "grantRole": only("", "AccessControlUnauthorizedAccount", some(B32, A)),
        "revokeRole": only("", "AccessControlUnauthorizedAccount", some(B32, A)),
        "renounceRole": only("outsider", "AccessControlBadConfirmation", lambda c: (B32, c.stage.outsider)),
        "updateDelay": only("", "TimelockUnauthorizedCaller", some(0)),
        "onERC721Received": everybody(some(A, A, 1, b"")),
        "onERC1155Received": everybody(some(A, A, 1, 1, b"")),
        "onERC1155BatchReceived": everybody(some(A, A, [1], [1], b"")),
    },
}
