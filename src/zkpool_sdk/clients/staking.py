"""A prover's stake: its own, lent by the pool, and what faults cost besides."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.chain.errors import CannotSign
from zkpool_sdk.chain.events import (
    JailLeft,
    Restaked,
    StakeReturned,
    UnstakeFinished,
    UnstakeRequested,
)
from zkpool_sdk.clients.base import Earner
from zkpool_sdk.economics.records import JAIL_FEE_WEI
from zkpool_sdk.models import Stake
from zkpool_sdk.units import DAY, HOUR, UINT256_MAX, Timestamp, Wei

PERMIT_SECONDS: Final = HOUR


class Staker(Earner):
    """An account that stakes."""

    def stake(self, amount_wei: int) -> Stake:
        """Adds to the stake: with a signed permit in one transaction where the signer can, else with two.

        Raises:
            AmountZero, ERC20InsufficientBalance.
        """
        vault, token = self.contracts.vault, self.contracts.token
        if token.allowance(self.address, vault.address) >= amount_wei:
            vault.stake(amount_wei)
            return self.stake_state()
        deadline = self.connection.timestamp() + PERMIT_SECONDS
        try:
            signature = self.account.signer.sign_typed_data(
                token.permit_message(vault.address, amount_wei, deadline)
            )
        except CannotSign:
            token.approve(vault.address, amount_wei)
            vault.stake(amount_wei)
        else:
            vault.stake_with_permit(amount_wei, deadline, *signature)
        return self.stake_state()

    def stake_state(self) -> Stake:
        """The stake as if settled now."""
        return self.contracts.vault.stake_of(self.address)

    def unstake(self, amount_wei: int | None = None) -> Timestamp:
        """Starts to leave with ``amount_wei``, or with everything; returns when it can be finished.

        Raises:
            PartialExitTooDeep, UnstakeExceedsStake, AmountZero.
        """
        amount = UINT256_MAX if amount_wei is None else amount_wei
        return self.contracts.vault.request_unstake(amount).event(UnstakeRequested).unbond_at

    def finish_unstake(self) -> Wei:
        """Takes out what has finished unbonding; returns what was paid.

        Raises:
            NothingUnbonding, StillUnbonding, CoversBonds.
        """
        return self.contracts.vault.finish_unstake().event(UnstakeFinished).amount_wei

    def settle(self) -> Stake:
        """Settles the account's decay; returns the stake after it."""
        self.contracts.vault.settle(self.address)
        return self.stake_state()

    def restake(self, wait: bool = False) -> Wei:
        """Turns what was earned in epochs that are over into stake, in one call; returns how much.

        Args:
            wait: wait for the current epoch's end first, so that everything is staked.
        Raises:
            NothingToClaim.
        """
        if wait and self.earnings().pending_wei:
            self.connection.wait_until((self.contracts.splitter.current_epoch() + 1) * DAY)
        return self.contracts.splitter.restake().event(Restaked).amount_wei

    def borrow_stake(self) -> Stake:
        """Borrows the entry stake of 32 ZK from the pool; returns the stake with it.

        It costs a fee of 1 ZK, unless the pool's operator allows the account or its rating is high; the fee
        comes back with the whole loan. A part of every price goes to the delegators meanwhile.

        Raises:
            NotRegistered, ProverIsBanned, LoanOpen, NotSponsorable, LentTooMuch, FreeIdleTooLow,
            ERC20InsufficientBalance.
        """
        pool = self.contracts.delegation
        self._allow_exactly(pool.address, pool.fee_of(self.address))
        pool.borrow_stake()
        return self.stake_state()

    def return_stake(self) -> Wei:
        """Gives back what is left of the loan; returns how much. A returned fee is credit in the pool.

        Raises:
            NoLoan, LoanCoversBonds.
        """
        receipt = self.contracts.delegation.return_stake()
        return Wei(sum(event.amount_wei for event in receipt.events_of(StakeReturned)))

    def leave_jail(self) -> Timestamp:
        """Starts the way out of jail for 1 ZK; returns when the last ban ends.

        Raises:
            NotRegistered, NotJailed, ERC20InsufficientBalance.
        """
        provers = self.contracts.provers
        self._allow_exactly(provers.address, JAIL_FEE_WEI)
        return provers.leave_jail().event(JailLeft).banned_until
