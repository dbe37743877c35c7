"""What goes wrong between this machine and a chain: the node, transactions, deployments.

Each message says what happened, why, and what to do. A contract that refuses raises its own error, see
``zkpool_sdk.errors``.
"""

from __future__ import annotations

from zkpool_sdk.errors import ZKPoolError


class ChainError(ZKPoolError):
    """Root of the errors of ``zkpool_sdk.chain``."""


class RpcUnreachable(ChainError):
    """The node does not answer."""

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"no answer from {endpoint}: {reason}. Check the address and that the node runs.")
        self.endpoint = endpoint
        self.reason = reason


class RpcRefused(ChainError):
    """The node answered a request with an error of its own."""

    def __init__(self, method: str, code: int, message: str, data: object = None) -> None:
        super().__init__(f"the node refused {method}: {message} (code {code})")
        self.method = method
        self.code = code
        self.message = message
        self.data = data


class WrongChain(ChainError):
    """The node serves another chain than the one asked for."""

    def __init__(self, got: int, expected: int) -> None:
        super().__init__(
            f"the node serves chain {got}, but chain {expected} was asked for. "
            "Use the address of a node of that chain; nothing was sent."
        )
        self.got = got
        self.expected = expected


class UnknownRevert(ChainError):
    """A call reverted with data that is no error of ZKPool's contracts, or with none at all."""

    def __init__(self, data: bytes, message: str = "") -> None:
        shown = message or ("0x" + data[:36].hex() if data else "no reason given")
        super().__init__(f"the call reverted: {shown}")
        self.data = data
        self.message = message


class ResultMalformed(ChainError):
    """A contract answered with something its ABI does not describe: there is none of its kind."""

    def __init__(self, contract: str, function: str, address: str) -> None:
        super().__init__(
            f"{contract}.{function} at {address} gave no answer of its kind. Is the contract deployed there?"
        )
        self.contract = contract
        self.function = function
        self.address = address


class TransactionError(ChainError):
    """A transaction that did not get through."""


class InsufficientFunds(TransactionError):
    """The account cannot pay for the transaction."""

    def __init__(self, account: str, reason: str) -> None:
        super().__init__(f"{account} cannot pay for the transaction: {reason}. Send it ether for gas.")
        self.account = account
        self.reason = reason


class NonceTaken(TransactionError):
    """Another program sends from the same account."""

    def __init__(self, account: str, nonce: int) -> None:
        super().__init__(
            f"nonce {nonce} of {account} was used by another program that sends from this account. "
            "Use the account in one program only."
        )
        self.account = account
        self.nonce = nonce


class TransactionTimeout(TransactionError):
    """A transaction was sent and not mined in time; it may still be mined."""

    def __init__(self, hashes: tuple[str, ...], nonce: int, waited_seconds: float) -> None:
        super().__init__(
            f"transaction {hashes[-1]} (nonce {nonce}) was not mined within {waited_seconds:.0f} s, after "
            f"{len(hashes) - 1} fee bumps. It may still be mined; look for it before sending again."
        )
        self.hashes = hashes
        self.nonce = nonce
        self.waited_seconds = waited_seconds


class TransactionsPending(TransactionError):
    """The account has transactions that were sent and are not mined."""

    def __init__(self, account: str, count: int) -> None:
        super().__init__(
            f"{count} transactions of {account} are sent and not mined. Wait until they are, or replace them "
            "with higher fees, and run again."
        )
        self.account = account
        self.count = count


class EventMissing(ChainError):
    """A receipt lacks an event that the call always emits."""

    def __init__(self, event: str, transaction: str) -> None:
        super().__init__(f"transaction {transaction} emitted no {event}")
        self.event = event
        self.transaction = transaction


class KeyUnusable(ChainError):
    """A private key could not be read; the message never shows it."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"the key from {source} cannot be used: {reason}")
        self.source = source
        self.reason = reason


class CannotSign(ChainError):
    """The signer cannot sign this kind of message."""

    def __init__(self, account: str, what: str) -> None:
        super().__init__(f"the signer of {account} cannot sign {what}")
        self.account = account
        self.what = what


class ClockBehind(ChainError):
    """A live chain did not reach a moment in time."""

    def __init__(self, wanted_at: int, now_at: int) -> None:
        super().__init__(
            f"the chain is at {now_at}, {wanted_at - now_at} s before {wanted_at}, and does not move"
        )
        self.wanted_at = wanted_at
        self.now_at = now_at


class DeploymentError(ChainError):
    """A deployment that is not what its record says."""


class DeploymentMalformed(DeploymentError):
    """A deployment's file cannot be used."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} is not a deployment's record: {reason}")
        self.path = path
        self.reason = reason


class CodeMissing(DeploymentError):
    """There is no code where a contract was recorded."""

    def __init__(self, contract: str, address: str) -> None:
        super().__init__(
            f"{contract} is recorded at {address}, but there is no code. Is this the right chain? "
            "If the chain was started anew, delete the record and deploy again."
        )
        self.contract = contract
        self.address = address


class CodeDiffers(DeploymentError):
    """Other code than recorded stands at a contract's address, or the sources have changed since."""

    def __init__(self, contract: str, address: str, got: str, expected: str, what: str = "code") -> None:
        super().__init__(
            f"the {what} of {contract} at {address} has hash {got}, recorded is {expected}. "
            "Deploy to a new record, or check out the sources that were deployed."
        )
        self.contract = contract
        self.address = address
        self.got = got
        self.expected = expected


class ParameterDiffers(DeploymentError):
    """A parameter on chain is not the configured one."""

    def __init__(self, parameter: str, got: object, expected: object) -> None:
        super().__init__(f"{parameter} is {got!s} on chain, configured is {expected!s}")
        self.parameter = parameter
        self.got = got
        self.expected = expected


class DeploymentUnfinished(DeploymentError):
    """A deployment whose record is not complete is asked to be used."""

    def __init__(self, path: str, missing: tuple[str, ...]) -> None:
        super().__init__(
            f"the deployment in {path} is not finished (missing: {', '.join(missing) or 'hand-over'}). "
            "Run the deploy script again; it goes on where it stopped."
        )
        self.path = path
        self.missing = missing
