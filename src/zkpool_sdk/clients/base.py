"""What all clients share: a connection, a deployment, an account."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final, Self, TypeVar

from zkpool_sdk.chain import Account, Connection, Contracts, Deployment, FeePolicy, LocalSigner, Signer
from zkpool_sdk.chain.connection import MAX_LOG_RANGE
from zkpool_sdk.chain.events import BidPlaced, Claimed, CreditClaimed, decode_logs
from zkpool_sdk.chain.history import topic_of
from zkpool_sdk.clients.errors import NoSuchTask, WaitedTooLong
from zkpool_sdk.models import Address, Earning
from zkpool_sdk.units import DAY, UINT256_MAX, Wei

T = TypeVar("T")

FIRST_POLL_SECONDS: Final = 0.05
LAST_POLL_SECONDS: Final = 4.0


class Client:
    """An account that uses a deployment. Roles are its subclasses.

    Args:
        contracts: a deployment as the account sees it.
    """

    def __init__(self, contracts: Contracts) -> None:
        if contracts.account is None:
            raise TypeError("a client needs an account to send from")
        self.contracts: Final = contracts
        self.account: Final[Account] = contracts.account
        self.connection: Final[Connection] = contracts.connection
        self.deployment: Final[Deployment] = contracts.deployment

    @classmethod
    def connect(
        cls,
        rpc_url: str,
        deployment: str | os.PathLike[str] | Deployment,
        signer: Signer | None = None,
        policy: FeePolicy | None = None,
    ) -> Self:
        """A client of the deployment that a record describes; chain and code are checked.

        Args:
            rpc_url: a node of the deployment's chain.
            deployment: the record, or its path.
            signer: who signs; by default the key file that ``$ZKPOOL_KEY_FILE`` names.
            policy: fees and waiting.
        Raises:
            ChainError: see ``zkpool_sdk.chain.errors``.
        """
        connection = Connection(rpc_url)
        if isinstance(deployment, Deployment):
            deployment.check(connection)
        else:
            deployment = Deployment.load(deployment, connection)
        account = Account(connection, signer or LocalSigner.from_environment(), policy)
        return cls(Contracts(connection, deployment, account))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address}, {self.deployment.network!r})"

    @property
    def address(self) -> Address:
        """The account."""
        return self.account.address

    @property
    def balance_wei(self) -> Wei:
        """Its tokens."""
        return self.contracts.token.balance_of(self.address)

    def credit(self) -> Wei:
        """What the account can claim from the market: refunds, compensation, keeper's parts."""
        return self.contracts.market.credit_of(self.address)

    def claim_credit(self) -> Wei:
        """Claims the credit; returns what was paid.

        Raises:
            NothingToClaim.
        """
        return self.contracts.market.claim_credit().event(CreditClaimed).amount_wei

    def placed(self, task: bytes) -> BidPlaced:
        """How a task began: its bid with statement and data.

        Raises:
            NoSuchTask: there is none.
        """
        market = self.contracts.market
        topics = [[topic_of(BidPlaced)], [task]]
        # Backwards: most bids are young, and the chain before them is long.
        end = self.connection.block_number()
        while end >= self.deployment.block:
            start = max(self.deployment.block, end - MAX_LOG_RANGE + 1)
            for event in decode_logs(self.connection.logs([market.address], start, end, topics)):
                if isinstance(event, BidPlaced):
                    return event
            end = start - 1
        raise NoSuchTask(task)

    def _allow(self, spender: Address, amount_wei: int) -> None:
        """Lets a contract of the deployment take tokens; once for all amounts."""
        if self.contracts.token.allowance(self.address, spender) < amount_wei:
            self.contracts.token.approve(spender, UINT256_MAX)

    def _allow_exactly(self, spender: Address, amount_wei: int) -> None:
        """Lets a contract of the deployment take this amount, and no more."""
        if amount_wei and self.contracts.token.allowance(self.address, spender) != amount_wei:
            self.contracts.token.approve(spender, amount_wei)


class Earner(Client):
    """An account that paid prices are shared with."""

    def earnings(self) -> Earning:
        """What was earned: claimable now, and pending until its epoch is over."""
        return self.contracts.splitter.earning_of(self.address)

    def claim(self, wait: bool = False) -> Wei:
        """Claims what was earned in epochs that are over; returns what was paid.

        Args:
            wait: wait for the current epoch's end first, so that everything is paid.
        Raises:
            NothingToClaim.
        """
        if wait and self.earnings().pending_wei:
            self.connection.wait_until((self.contracts.splitter.current_epoch() + 1) * DAY)
        return self.contracts.splitter.claim().event(Claimed).amount_wei


def wait_for(what: str, look: Callable[[], T | None], timeout_seconds: float) -> T:
    """What ``look`` finds, asked again and again, ever more slowly.

    Raises:
        WaitedTooLong: it found nothing in time.
    """
    started, poll = time.monotonic(), FIRST_POLL_SECONDS
    while True:
        found = look()
        if found is not None:
            return found
        waited = time.monotonic() - started
        if waited >= timeout_seconds:
            raise WaitedTooLong(what, waited)
        time.sleep(min(poll, timeout_seconds - waited))
        poll = min(poll * 1.5, LAST_POLL_SECONDS)
