"""The acts around a prover's stake, its keys, its software and its queues."""

from __future__ import annotations

from tests.stateful.task_acts import TaskActs
from zkpool_sdk.models import AcceleratorId, Address, ProverId, QueueId


class PoolActs(TaskActs):
    """What sponsor, makers, hot keys and the owner do."""

    # --- stake

    def stake_for(self, payer: Address, prover: Address, amount_wei: int) -> None:
        arguments = (prover, amount_wei)
        action = self.market.vault.stake_for
        self.act("stake for", payer, "vault", "stakeFor", arguments, action, payer, *arguments, self.now)

    def lend(self, prover: Address, amount_wei: int, sender: Address | None = None) -> None:
        caller, arguments = sender or self.roles.sponsor, (prover, amount_wei)
        action = self.market.vault.lend
        self.act("lend", caller, "vault", "lend", arguments, action, caller, *arguments, self.now)

    def recall(self, prover: Address, sender: Address | None = None) -> None:
        """Takes a loan back: never what covers a bond."""
        caller = sender or self.roles.sponsor
        before = self.market.vault.stake_of(prover, self.now)
        paid_wei = self.act(
            "recall",
            caller,
            "vault",
            "recall",
            (prover,),
            self.market.vault.recall,
            caller,
            prover,
            self.now,
            returned=int,
        )
        after = self.market.vault.stake_of(prover, self.now)
        assert after.own_wei == before.own_wei
        assert after.locked_wei == before.locked_wei <= after.slashable_wei  # 19
        assert before.sponsored_wei - after.sponsored_wei == (paid_wei or 0)

    def back(self, queue: QueueId, backed: bool, sender: Address | None = None) -> None:
        caller, arguments = sender or self.roles.sponsor, (queue, backed)
        action = self.market.vault.set_backed
        self.act("back", caller, "vault", "setBacked", arguments, action, caller, *arguments)

    def restake(self, prover: Address) -> None:
        """Stakes what has been earned: all of it, no more."""
        own_wei = self.market.vault.stake_of(prover, self.now).own_wei
        due_wei = self.market.splitter.earning_of(prover, self.now).claimable_wei
        staked_wei = self.act(
            "restake",
            prover,
            "splitter",
            "restake",
            (),
            self.market.splitter.restake,
            prover,
            self.now,
            returned=int,
        )
        assert (staked_wei or 0) == due_wei  # 30
        assert self.market.vault.stake_of(prover, self.now).own_wei == own_wei + due_wei

    def _leave_pool(self, prover: Address) -> None:
        """Starts to leave with everything."""
        own_wei = self.market.vault.stake_of(prover, self.now).own_wei
        action = self.market.vault.request_unstake
        arguments = (own_wei,)
        self.act(
            "request unstake", prover, "vault", "requestUnstake", arguments, action, prover, own_wei, self.now
        )

    def leave_jail(self, prover: Address) -> None:
        action = self.market.provers.leave_jail
        self.act("leave jail", prover, "provers", "leaveJail", (), action, prover, self.now)

    # --- hot keys

    def propose_key(self, prover: Address, key: Address, scopes: int, expires_at: int) -> None:
        arguments = (key, scopes, expires_at)
        action = self.market.provers.propose_key
        self.act(
            "propose key", prover, "provers", "proposeKey", arguments, action, prover, *arguments, self.now
        )

    def accept_key(self, key: Address, prover: ProverId) -> None:
        action = self.market.provers.accept_key
        self.act("accept key", key, "provers", "acceptKey", (prover,), action, key, prover)

    def revoke_key(self, caller: Address, prover: ProverId, key: Address) -> None:
        action = self.market.provers.revoke_key
        self.act("revoke key", caller, "provers", "revokeKey", (prover, key), action, caller, prover, key)

    def heartbeat(self, caller: Address, prover: ProverId, queue: QueueId, seat: int, capacity: int) -> None:
        arguments = (prover, queue, seat, capacity)
        action = self.market.provers.heartbeat
        self.act("heartbeat", caller, "provers", "heartbeat", arguments, action, caller, *arguments, self.now)

    # --- accelerators

    def set_accelerator(self, prover: Address, queue: QueueId, accelerator: AcceleratorId) -> None:
        arguments = (queue, accelerator)
        action = self.market.provers.set_accelerator
        self.act(
            "set accelerator", prover, "provers", "setAccelerator", arguments, action, prover, *arguments
        )

    def set_payout(self, caller: Address, accelerator: AcceleratorId, payout: Address) -> None:
        arguments = (accelerator, payout)
        action = self.market.accelerators.set_payout
        self.act("set payout", caller, "accelerators", "setPayout", arguments, action, caller, *arguments)

    def retire(self, caller: Address, accelerator: AcceleratorId) -> None:
        action = self.market.accelerators.retire
        self.act("retire", caller, "accelerators", "retire", (accelerator,), action, caller, accelerator)

    # --- queues

    def freeze(self, caller: Address, queue: QueueId) -> None:
        action = self.market.projects.freeze_queue
        self.act("freeze", caller, "projects", "freezeQueue", (queue,), action, caller, queue)

    def set_carrier(self, queue: QueueId, carrier: Address) -> None:
        arguments = (queue, carrier)
        action = self.market.projects.set_carrier
        deployer = self.roles.deployer
        self.act("set carrier", deployer, "projects", "setCarrier", arguments, action, *arguments)
