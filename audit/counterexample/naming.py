"""Acts, accounts, tasks and amounts by the names people know them by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Final

from tests.stateful.events import Log
from tests.stateful.lockstep import Act
from tests.stateful.world import World
from tests.support.rawchain import Contract
from zkpool_sdk.chain.abi import all_events
from zkpool_sdk.errors import ContractError
from zkpool_sdk.units import DAY, HOUR, WEI_PER_ZK

SINGLE: Final = (
    "deployer", "treasury", "delegators", "keeper", "outsider", "maker", "desk", "sponsor", "operator",
    "wallet",
)  # fmt: skip
MANY: Final = {
    "requesters": "requester",
    "provers": "prover",
    "hot_keys": "hot key",
    "savers": "delegator",
    "attackers": "attacker",
    "crowd": "crowd member",
}
CONTRACTS: Final = {"provers": "prover registry", "projects": "project registry", "vault": "stake vault"}
BY_CALLS: Final = ("PushAdapter", "TaikoAdapter", "DelegationVault")
"""Contracts whose functions share names with others': their acts are told as calls."""
PLACING: Final = ("placeBid", "placeBidFor", "placeSigned", "reveal")
EVERYTHING: Final = 2**256 - 1


class Names:
    """Who and what is meant, in one life."""

    def __init__(self, world: World) -> None:
        self._people: dict[str, str] = {}
        self._tasks: dict[bytes, int] = {}
        for name, found in contracts_of(world).items():
            self._people[found.address.lower()] = "the " + CONTRACTS.get(name, name.replace("_", " "))
        for attribute, name in MANY.items():
            for number, account in enumerate(getattr(world.roles, attribute, ())):
                self._people[account.lower()] = f"{name} {number}"
        for name in SINGLE:
            account = getattr(world.roles, name, None)
            if account and isinstance(account, str):
                self._people.setdefault(account.lower(), f"the {name}")

    def account(self, address: str) -> str:
        """Who that is."""
        return self._people.get(address.lower(), address)

    def task(self, task: bytes) -> str:
        """Which task that is; numbered as they are first met."""
        number = self._tasks.setdefault(task, len(self._tasks) + 1)
        return f"task {number}"

    def value(self, value: Any) -> str:
        """An argument of a call."""
        if isinstance(value, str) and value.startswith("0x") and len(value) == 42:
            return self.account(value)
        if isinstance(value, bytes):
            return self.task(value) if len(value) == 32 else f"{len(value)} bytes"
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(self.value(item) for item in value) + "]"
        return str(value)

    def refusal(self, error: ContractError) -> str:
        """An error with its fields."""
        given = (
            f"{name} = {self._amount(name, value)}"
            for name, value in zip(error.fields, error.args, strict=True)
        )
        return f"{type(error).__name__}({', '.join(given)})"

    def log(self, log: Log) -> str:
        """An event in a line."""
        address, topics, data = log
        item = all_events().get(topics[0]) if topics else None
        if item is None:
            return f"a log of {self.account('0x' + address.hex())}"
        values = zip(item.names, item.decode_log(topics, data), strict=True)
        given = ", ".join(f"{name} = {self._amount(name, value)}" for name, value in values)
        return f"{item.name}({given}) of {self.account('0x' + address.hex())}"

    def _amount(self, name: str, value: Any) -> str:
        is_wei = isinstance(value, int) and (name.endswith(("Wei", "_wei")) or name == "value")
        return zk(value) if is_wei else self.value(value)

    def placed(self, task: bytes) -> str:
        """The number of a task that is placed now, for the end of a sentence."""
        return f", which is {self.task(task)}"

    def act(self, act: Act, since: int, returned: bytes | None = None) -> str:
        """An act in a sentence, with how long after the one before it.

        Args:
            since: when the act before it was. returned: what the call must return.
        """
        words = _SENTENCES.get(act.function)
        try:
            if words is None or act.contract.abi.name in BY_CALLS:
                raise LookupError(act.function)
            said = words(self, act.arguments, act.at)
        except (LookupError, AttributeError, TypeError):  # another contract's function of that name
            given = ", ".join(self.value(argument) for argument in act.arguments)
            said = f"calls {act.contract.abi.name}.{act.function}({given})"
        if act.function in PLACING and returned:
            said += self.placed(returned[:32])
        refused = f"; it is refused: {self.refusal(act.refusal)}" if act.refusal else ""
        return f"{later(act.at - since)}{self.account(act.sender)} {said}{refused}"


def contracts_of(world: World) -> dict[str, Contract]:
    """The contracts of a world by the names it has for them."""
    parts = {part.name: getattr(world.at, part.name) for part in fields(world.at)}
    return {name: part for name, part in parts.items() if isinstance(part, Contract)}


def later(seconds: int) -> str:
    """How much time has passed, as the beginning of a sentence."""
    if seconds <= 0:
        return ""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (60, "min")):
        if seconds % unit == 0:
            return f"{seconds // unit} {name} later "
    return f"{seconds} s later "


def zk(wei: int) -> str:
    """An amount in ZK, to the last wei."""
    if wei == EVERYTHING:
        return "everything"
    whole, part = divmod(abs(wei), WEI_PER_ZK)
    text = f"{whole:,}" + (f".{part:018d}".rstrip("0") if part else "")
    return ("-" if wei < 0 else "") + (f"{wei} wei" if whole == 0 and 0 < part < 10**9 else text + " ZK")


Arguments = Sequence[Any]
_SENTENCES: Final[dict[str, Callable[[Names, Arguments, int], str]]] = {
    "placeBid": lambda n, a, at: (
        f"bids {zk(a[2])} for one proof in queue {a[0]} (statement {list(a[1])}, good for {a[3] - at} s)"
    ),
    "placeBidFor": lambda n, a, at: f"brings {n.account(a[0])}'s bid of {zk(a[3])} into queue {a[1]}",
    "commit": lambda n, a, at: f"commits to a sealed bid in queue {a[0]}",
    "reveal": lambda n, a, at: f"reveals a sealed bid of {zk(a[2])} in queue {a[0]} (statement {list(a[1])})",
    "forfeit": lambda n, a, at: "has the deposit of a bid forfeited that was not revealed",
    "claimDeposit": lambda n, a, at: "claims its deposits back",
    "raiseFor": lambda n, a, at: f"raises the bid of {n.task(a[0])} to {zk(a[1])} for its requester",
    "raiseBid": lambda n, a, at: f"raises the bid of {n.task(a[0])} to {zk(a[1])}",
    "raiseBidFor": lambda n, a, at: f"raises another's bid of {n.task(a[0])} to {zk(a[1])}",
    "cancelBid": lambda n, a, at: f"cancels the bid of {n.task(a[0])}",
    "expireBid": lambda n, a, at: f"drops the bid of {n.task(a[0])} as expired",
    "clear": lambda n, a, at: f"clears the round of queue {a[0]}",
    "submitProof": lambda n, a, at: f"hands in a proof of {n.task(a[0])} with signals {list(a[1])}",
    "submitProofs": lambda n, a, at: (
        f"hands in {len(a[4])} proofs of {n.account(a[1])} in queue {a[0]}: "
        + ", ".join(n.task(task) for task in a[2])
    ),
    "decline": lambda n, a, at: f"declines {n.task(a[0])}",
    "claimOpen": lambda n, a, at: f"claims the open {n.task(a[0])} onto seat {a[1]}",
    "finalize": lambda n, a, at: f"finalizes {n.task(a[0])}",
    "claimCredit": lambda n, a, at: "claims its credit from the market",
    "stake": lambda n, a, at: f"stakes {zk(a[0])}",
    "stakeFor": lambda n, a, at: f"stakes {zk(a[1])} for {n.account(a[0])}",
    "requestUnstake": lambda n, a, at: f"asks to unstake {zk(a[0])}",
    "finishUnstake": lambda n, a, at: "finishes unstaking",
    "settle": lambda n, a, at: f"settles the decay of {n.account(a[0])}",
    "lend": lambda n, a, at: f"lends {zk(a[1])} to {n.account(a[0])}",
    "recall": lambda n, a, at: f"recalls the loan of {n.account(a[0])}",
    "register": lambda n, a, at: "registers as a prover",
    "join": lambda n, a, at: f"joins queue {a[0]} with capacity {a[1]}",
    "leave": lambda n, a, at: f"leaves queue {a[0]}",
    "setCapacity": lambda n, a, at: f"sets its capacity in queue {a[0]} to {a[1]}",
    "leaveJail": lambda n, a, at: "asks to leave jail",
    "claim": lambda n, a, at: "claims its earnings",
    "restake": lambda n, a, at: "restakes its earnings",
    "pause": lambda n, a, at: "pauses the market",
    "unpause": lambda n, a, at: "ends the pause",
    "transfer": lambda n, a, at: f"sends {zk(a[1])} to {n.account(a[0])}",
}
