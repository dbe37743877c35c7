"""The acts around the pool of delegated stake: delegators', borrowers', the operator's, the adapter's."""

from __future__ import annotations

from tests.stateful.desk_acts import DeskActs
from zkpool_sdk.economics.delegation import DelegationVault
from zkpool_sdk.models import Address, QueueId


class SaverActs(DeskActs):
    """What is done to the pool. In a world of stand-ins the machine acts for the sponsor itself."""

    @property
    def pool(self) -> DelegationVault:
        return self.protocol.pool

    # --- delegators

    def deposit(self, saver: Address, amount_wei: int, receiver: Address | None = None) -> None:
        to = receiver or saver
        action = self.pool.deposit
        self.act(
            "deposit", saver, "delegation", "deposit", (amount_wei, to), action, saver, amount_wei, self.now,
            to, returned=int,
        )  # fmt: skip

    def mint(self, saver: Address, shares: int, receiver: Address | None = None) -> None:
        to = receiver or saver
        action = self.pool.mint
        self.act(
            "mint", saver, "delegation", "mint", (shares, to), action, saver, shares, self.now, to,
            returned=int,
        )  # fmt: skip

    def request_redeem(self, caller: Address, owner: Address, shares: int) -> None:
        action = self.pool.request_redeem
        self.act(
            "request redeem", caller, "delegation", "requestRedeem", (shares, owner), action, owner, shares,
            self.now, caller, returned=int,
        )  # fmt: skip

    def redeem(self, caller: Address, owner: Address, shares: int, receiver: Address) -> None:
        action = self.pool.redeem
        self.act(
            "redeem", caller, "delegation", "redeem", (shares, receiver, owner), action, owner, shares,
            self.now, receiver, caller, returned=int,
        )  # fmt: skip

    def withdraw(self, caller: Address, owner: Address, amount_wei: int, receiver: Address) -> None:
        action = self.pool.withdraw
        self.act(
            "withdraw", caller, "delegation", "withdraw", (amount_wei, receiver, owner), action, owner,
            amount_wei, self.now, receiver, caller, returned=int,
        )  # fmt: skip

    def settle_requests(self, limit: int) -> None:
        action = self.pool.settle_requests
        caller = self.roles.keeper
        self.act(
            "settle requests", caller, "delegation", "settleRequests", (limit,), action, limit, self.now,
            returned=int,
        )  # fmt: skip

    def claim_pool_credit(self, account: Address) -> None:
        action = self.pool.claim_credit
        self.act("claim pool credit", account, "delegation", "claimCredit", (), action, account, returned=int)

    def transfer_shares(self, owner: Address, receiver: Address, shares: int) -> None:
        arguments = (receiver, shares)
        action = self.pool.transfer
        self.act("transfer shares", owner, "delegation", "transfer", arguments, action, owner, *arguments)

    def move_shares(self, caller: Address, owner: Address, receiver: Address, shares: int) -> None:
        arguments = (owner, receiver, shares)
        action = self.pool.transfer_from
        self.act("move shares", caller, "delegation", "transferFrom", arguments, action, caller, *arguments)

    def approve_shares(self, owner: Address, spender: Address, shares: int) -> None:
        arguments = (spender, shares)
        action = self.pool.approve
        self.act("approve shares", owner, "delegation", "approve", arguments, action, owner, *arguments)

    def collect(self) -> None:
        """Takes the delegators' part in."""
        action = self.pool.collect
        self.act("collect", self.roles.keeper, "delegation", "collect", (), action, self.now, returned=int)

    # --- borrowers and the operator

    def borrow(self, prover: Address) -> None:
        """Takes a loan: at most half of the assets is lent, and who waits is covered."""
        before = self.pool.loan_of(prover)
        self.act("borrow", prover, "delegation", "borrowStake", (), self.pool.borrow_stake, prover, self.now)
        if self.pool.loan_of(prover) != before:
            assert 2 * self.market.vault.lent_wei <= self.pool.total_assets(self.now)  # 50
            self._check_promises()

    def _check_promises(self) -> None:
        """Who waits to redeem is covered by idle money when more of it is put to work."""
        assets, supply = self.pool.price(self.now)
        assert self.pool.idle_wei * supply >= self.pool.waiting_shares * assets  # 50

    def give_back_loan(self, prover: Address) -> None:
        action = self.pool.return_stake
        self.act(
            "return stake", prover, "delegation", "returnStake", (), action, prover, self.now, returned=int
        )

    def recall_loan(self, caller: Address, prover: Address) -> None:
        """Takes a loan back through the pool: never what covers a bond."""
        before = self.market.vault.stake_of(prover, self.now)
        paid_wei = self.act(
            "recall loan",
            caller,
            "delegation",
            "recall",
            (prover,),
            self.pool.recall,
            caller,
            prover,
            self.now,
            returned=int,
        )
        after = self.market.vault.stake_of(prover, self.now)
        assert after.own_wei == before.own_wei
        assert after.locked_wei == before.locked_wei <= after.slashable_wei  # 19
        assert before.sponsored_wei - after.sponsored_wei == (paid_wei or 0)

    def allow_prover(self, caller: Address, prover: Address, allowed: bool) -> None:
        arguments = (prover, allowed)
        action = self.pool.allow_prover
        self.act("allow prover", caller, "delegation", "allowProver", arguments, action, caller, *arguments)

    # --- tier 1

    def fund_adapter(self, caller: Address, amount_wei: int, adapter: Address | None = None) -> None:
        arguments = (adapter or self.adapter, amount_wei)
        action = self.pool.fund
        before_wei = self.pool.adapters_wei
        self.act("fund", caller, "delegation", "fund", arguments, action, caller, *arguments, self.now)
        if self.pool.adapters_wei > before_wei:
            known = self.pool.adapters[arguments[0]]
            assert known.value_wei <= known.cap_wei  # 50
            assert self.pool.adapters_wei * 10 <= self.pool.total_assets(self.now) * 3  # 50
            self._check_promises()

    def give_back_funds(self, amount_wei: int) -> None:
        """The adapter repays."""
        arguments = (self.at.token.address, self.roles.sponsor, amount_wei)
        outsider = self.roles.outsider
        self.act(
            "repay", outsider, "adapter", "giveBack", arguments, self.pool.repay, self.adapter, amount_wei,
            self.now,
        )  # fmt: skip

    def repay_as(self, caller: Address, amount_wei: int) -> None:
        """Repays as an adapter, which others cannot."""
        given = caller, amount_wei, self.now
        self.act("repay", caller, "delegation", "repay", (amount_wei,), self.pool.repay, *given)

    def adapter_says(self, manner: int, value_wei: int) -> None:
        """What the adapter answers from now on: HONEST, REVERTS, BURNS_GAS, SHORT, LONG, REENTERS."""
        arguments = (manner, value_wei)
        look, whom = self.market.credit_of, self.adapter  # what mocks are told is no part of the protocol
        self.act("adapter says", self.roles.outsider, "adapter", "say", arguments, look, whom, compare=False)
        self.says = value_wei if manner == 0 else None

    def mark(self, adapter: Address | None = None) -> None:
        known = adapter or self.adapter
        action = self.pool.mark
        self.act(
            "mark", self.roles.keeper, "delegation", "mark", (known,), action, known, self.says, self.now
        )

    def allow_adapter(self, cap_wei: int) -> None:
        arguments = (self.adapter, cap_wei)
        action = self.pool.allow_adapter
        deployer = self.roles.deployer
        self.act("allow adapter", deployer, "delegation", "allowAdapter", arguments, action, *arguments)

    def write_off(self) -> None:
        action = self.pool.write_off
        arguments = (self.adapter,)
        deployer = self.roles.deployer
        self.act("write off", deployer, "delegation", "writeOff", arguments, action, *arguments, self.now)

    def set_operator(self, operator: Address) -> None:
        action = self.pool.set_operator
        deployer = self.roles.deployer
        self.act("set operator", deployer, "delegation", "setOperator", (operator,), action, operator)

    @property
    def adapter(self) -> Address:
        assert self.at.adapter
        return Address(self.at.adapter.address)

    # --- the same acts as the stand-in's

    def lend(self, prover: Address, amount_wei: int, sender: Address | None = None) -> None:
        """A loan: what the prover asks for, where there is a pool."""
        if not self.world.whole or sender:
            super().lend(prover, amount_wei, sender)
        else:
            self.borrow(prover)

    def recall(self, prover: Address, sender: Address | None = None) -> None:
        if not self.world.whole or sender:
            super().recall(prover, sender)
        else:
            self.recall_loan(self.roles.operator, prover)

    def back(self, queue: QueueId, backed: bool, sender: Address | None = None) -> None:
        if not self.world.whole or sender:
            super().back(queue, backed, sender)
            return
        caller, arguments = self.pool.operator, (queue, backed)
        action = self.pool.back_queue
        self.act("back queue", caller, "delegation", "backQueue", arguments, action, caller, *arguments)
