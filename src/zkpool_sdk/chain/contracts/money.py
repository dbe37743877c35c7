"""Where money sits beside the market: token, stake vault, reward splitter, insurance fund."""

from __future__ import annotations

from collections.abc import Sequence

from zkpool_sdk.chain.abi import to_model
from zkpool_sdk.chain.account import Receipt
from zkpool_sdk.chain.contracts.base import Bound, Contract, Owned
from zkpool_sdk.models import Address, Earning, PoolEarning, Rates, Stake
from zkpool_sdk.units import Seconds, Wei


class Token(Contract):
    """``ZKToken``, typed."""

    abi_name = "ZKToken"

    def balance_of(self, account: str) -> Wei:
        """What an account holds."""
        return Wei(self.try_call("balanceOf", account))

    def allowance(self, owner: str, spender: str) -> Wei:
        """What ``spender`` may take from ``owner``."""
        return Wei(self.try_call("allowance", owner, spender))

    def total_supply(self) -> Wei:
        """All there is."""
        return Wei(self.try_call("totalSupply"))

    def symbol(self) -> str:
        """Short name."""
        return str(self.try_call("symbol"))

    def nonces(self, owner: str) -> int:
        """Number of the next permit of an account."""
        return int(self.try_call("nonces", owner))

    def transfer(self, to: str, amount_wei: int) -> Receipt:
        """Sends tokens."""
        return self._send("transfer", to, amount_wei)

    def approve(self, spender: str, amount_wei: int) -> Receipt:
        """Lets ``spender`` take up to ``amount_wei``."""
        return self._send("approve", spender, amount_wei)

    def permit_message(self, spender: str, amount_wei: int, deadline: int) -> dict[str, object]:
        """The EIP-712 message of an ERC-2612 permit by the account."""
        owner = self.account.address if self.account else ""
        _, name, version, chain_id, contract, _, _ = self.try_call("eip712Domain")
        permit = ("owner address", "spender address", "value uint256", "nonce uint256", "deadline uint256")
        domain = ("name string", "version string", "chainId uint256", "verifyingContract address")
        return {
            "types": {"EIP712Domain": _members(domain), "Permit": _members(permit)},
            "primaryType": "Permit",
            "domain": {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract},
            "message": {
                "owner": owner,
                "spender": spender,
                "value": amount_wei,
                "nonce": self.nonces(owner),
                "deadline": deadline,
            },
        }


class Vault(Bound):
    """``StakeVault``, typed."""

    abi_name = "StakeVault"

    def stake(self, amount_wei: int) -> Receipt:
        """Adds to the account's stake; the vault needs the allowance. Emits ``Staked``.

        Raises:
            AmountZero, ERC20InsufficientAllowance, ERC20InsufficientBalance.
        """
        return self._send("stake", amount_wei)

    def stake_for(self, prover: str, amount_wei: int) -> Receipt:
        """Adds the account's tokens to the stake of ``prover``; emits ``Staked``.

        Raises:
            AmountZero, ERC20InsufficientAllowance, ERC20InsufficientBalance.
        """
        return self._send("stakeFor", prover, amount_wei)

    def stake_with_permit(self, amount_wei: int, deadline: int, v: int, r: bytes, s: bytes) -> Receipt:
        """``stake`` with the allowance signed, in one transaction."""
        return self._send("stakeWithPermit", amount_wei, deadline, v, r, s)

    def request_unstake(self, amount_wei: int) -> Receipt:
        """Starts to leave with ``amount_wei``; emits ``UnstakeRequested``.

        Raises:
            AmountZero, UnstakeExceedsStake, PartialExitTooDeep.
        """
        return self._send("requestUnstake", amount_wei)

    def finish_unstake(self) -> Receipt:
        """Pays what has finished unbonding and covers no bond; emits ``UnstakeFinished``.

        Raises:
            NothingUnbonding, StillUnbonding, CoversBonds.
        """
        return self._send("finishUnstake")

    def settle(self, prover: str) -> Receipt:
        """Settles a prover's decay; emits ``Decayed`` if there is any."""
        return self._send("settle", prover)

    def bind_sponsor(self, sponsor: str) -> Receipt:
        """Names who lends stake, once; deployer only. Emits ``SponsorBoundTo``."""
        return self._send("bindSponsor", sponsor)

    def stake_of(self, prover: str) -> Stake:
        """A prover's stake as if settled now."""
        found: Stake = to_model(Stake, self.try_call("stakeOf", prover))
        return found

    def due_decay_of(self, prover: str) -> Wei:
        """What settling a prover now would take."""
        return Wei(self.try_call("settle", prover))

    def is_active(self, prover: str) -> bool:
        """Whether a prover may get new tasks."""
        return bool(self.try_call("isActive", prover))

    def is_idle(self, prover: str) -> bool:
        """Whether a prover had no accepted proof for a day."""
        return bool(self.try_call("isIdle", prover))

    def lent_wei(self) -> Wei:
        """All stake that is lent now."""
        return Wei(self.try_call("lentWei"))

    def sponsor(self) -> Address:
        """Who lends stake; the zero address until it is bound."""
        return Address(self.try_call("sponsor"))

    def free_cover_of(self, queue: int, provers: Sequence[str]) -> tuple[Wei, ...]:
        """What of each prover's stake can cover new bonds in a queue; 0 unless active.

        Lent stake counts only if the queue is backed.
        """
        return tuple(Wei(free) for free in self.try_call("freeCoverOf", queue, list(provers)))

    def is_backed(self, queue: int) -> bool:
        """Whether lent stake may cover bonds of a queue."""
        return bool(self.try_call("isBacked", queue))

    def clock(self) -> Seconds:
        """The time decay is counted by."""
        return Seconds(self.try_call("clock"))

    def uses_market_time(self) -> bool:
        """Whether decay is counted in market time."""
        return bool(self.try_call("usesMarketTime"))

    def unbonding_seconds(self) -> Seconds:
        """How long leaving stake stays slashable."""
        return Seconds(self.try_call("UNBONDING_SECONDS"))

    def token(self) -> Address:
        """The stake token."""
        return Address(self.try_call("token"))

    def insurance(self) -> Address:
        """Where decayed and slashed money goes."""
        return Address(self.try_call("insurance"))


class Splitter(Bound, Owned):
    """``RewardSplitter``, typed."""

    abi_name = "RewardSplitter"

    def claim(self) -> Receipt:
        """Pays the account what it earned in epochs that are over; emits ``Claimed``.

        Raises:
            NothingToClaim.
        """
        return self._send("claim")

    def restake(self) -> Receipt:
        """``claim`` straight into the account's stake; emits ``Restaked`` and ``Staked``.

        Raises:
            NothingToClaim.
        """
        return self._send("restake")

    def claim_treasury(self) -> Receipt:
        """Pays the treasury; anybody may call. Emits ``Claimed``.

        Raises:
            NothingToClaim.
        """
        return self._send("claimTreasury")

    def earning_of(self, account: str) -> Earning:
        """What an account has earned as of now."""
        found: Earning = to_model(Earning, self.try_call("earningOf", account))
        return found

    def pool_earning(self) -> PoolEarning:
        """What the pool has earned as of now."""
        found: PoolEarning = to_model(PoolEarning, self.try_call("poolEarning"))
        return found

    def rates(self) -> Rates:
        """Rates of the split."""
        found: Rates = to_model(Rates, self.try_call("rates"))
        return found

    def treasury(self) -> Address:
        """Who receives the treasury's part."""
        return Address(self.try_call("treasury"))

    def delegators(self) -> Address:
        """Who receives the delegators' part; the zero address until set."""
        return Address(self.try_call("delegators"))

    def current_epoch(self) -> int:
        """Number of the day since the Unix epoch."""
        return int(self.try_call("currentEpoch"))

    def vault(self) -> Address:
        """The stake vault that restaked rewards go to."""
        return Address(self.try_call("vault"))

    def accelerators(self) -> Address:
        """The accelerator registry it knows."""
        return Address(self.try_call("accelerators"))

    def token(self) -> Address:
        """The token prices are paid in."""
        return Address(self.try_call("token"))


class Insurance(Owned):
    """``InsuranceFund``, typed."""

    abi_name = "InsuranceFund"

    def burn_overflow(self) -> Receipt:
        """Burns what stands above the cap; emits ``Burned``.

        Raises:
            NothingToBurn.
        """
        return self._send("burnOverflow")

    def cap_wei(self) -> Wei:
        """The cap."""
        return Wei(self.try_call("capWei"))

    def token(self) -> Address:
        """The token it keeps."""
        return Address(self.try_call("token"))


def _members(fields: Sequence[str]) -> list[dict[str, str]]:
    """EIP-712's description of a struct, from ``"name type"`` each."""
    return [dict(zip(("name", "type"), part.split(), strict=True)) for part in fields]
