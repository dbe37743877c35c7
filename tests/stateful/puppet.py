"""A tier 1 that says and does what it is told to, as a part of the model; twin of ``TaikoHostile``."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from typing import Any

from zkpool_sdk.economics.taiko import Block
from zkpool_sdk.economics.task_id import keccak_words
from zkpool_sdk.economics.token import Token
from zkpool_sdk.errors import ERC20InsufficientBalance, Tier1CallFailed
from zkpool_sdk.models import Address

NO_REASON = bytes(4)


class Manner(IntEnum):
    """How it behaves; calls back are the hostile token's part."""

    POLITE = 0
    REVERTS = 1
    BURNS_GAS = 2
    LONG = 3
    STINGY = 5


class Puppet:
    """Assigns anything to anybody, keeps what it gets, pays what it owes if it likes."""

    def __init__(self, unit_token: Token, address: Address) -> None:
        self.unit_token = unit_token
        self.address = address
        self.manner = Manner.POLITE
        self.blocks: dict[int, Block] = {}
        self.staker = (0, 0)
        self.penalty_units = 0
        self.owed_units = 0

    # --- what it is told

    def behave(self, manner: int) -> None:
        self.manner = Manner(manner)

    def set_block(self, ext: int, block: Block) -> None:
        self.blocks[ext] = block

    def set_staker(self, staked: int, exiting: int, penalty_units: int) -> None:
        self.staker, self.penalty_units = (staked, exiting), penalty_units

    def owe(self, units: int) -> None:
        self.owed_units = units

    # --- what the adapter asks

    def block_of(self, ext: int) -> Block:
        silent = self._look("blockOf(uint256)")
        return Block() if silent else self.blocks.get(ext, Block())

    def staked_units(self) -> int:
        return 0 if self._look("stakerOf(address)") else sum(self.staker)

    def penalty_of(self, ext: int) -> int:
        return 0 if self._look("penaltyOf(uint256)") else self.penalty_units

    def stake(self, adapter: Address, units: int) -> None:
        name = "stake(uint64,uint32,uint16)"
        if not self._look(name):
            self._move(name, adapter, self.address, units)

    def request_exit(self) -> None:
        self._look("requestExit()")

    def withdraw_stake(self, adapter: Address) -> None:
        self._look("withdrawStake()")

    def withdraw_rewards(self, adapter: Address) -> None:
        name = "withdrawRewards()"
        if self.manner == Manner.STINGY:
            raise Tier1CallFailed(selector(name), selector("Rude()"))
        if not self._look(name):
            self._move(name, self.address, adapter, self.owed_units)
            self.owed_units = 0

    def prove_block(self, ext: int) -> None:
        self._look("proveBlock(uint256,uint256[],bytes)")

    def mark_late(self, ext: int) -> None:
        self._look("markLate(uint256)")

    def _look(self, name: str) -> bool:
        """Whether it answers at length, and so nothing; it may refuse instead."""
        if self.manner == Manner.REVERTS:
            raise Tier1CallFailed(selector(name), selector("Rude()"))
        if self.manner == Manner.BURNS_GAS:
            raise Tier1CallFailed(selector(name), NO_REASON)
        return self.manner == Manner.LONG

    def _move(self, name: str, sender: Address, receiver: Address, units: int) -> None:
        try:
            self.unit_token.transfer(sender, receiver, units)
        except ERC20InsufficientBalance as refusal:
            short = selector("ERC20InsufficientBalance(address,uint256,uint256)")
            raise Tier1CallFailed(selector(name), short) from refusal


def selector(signature: str) -> bytes:
    """First four bytes of a signature's hash."""
    return keccak_words(signature.encode())[:4]


def changed(block: Block, **fields: Any) -> Block:
    """A block with some fields changed."""
    return replace(block, **fields)
