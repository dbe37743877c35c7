"""What goes wrong for a client although chain and contracts did as they should."""

from __future__ import annotations

from zkpool_sdk.errors import ZKPoolError


class ClientError(ZKPoolError):
    """Root of the errors of ``zkpool_sdk.clients``."""


class InputsMalformed(ClientError):
    """The data published with a bid holds no witness inputs in the form clients use."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the bid's data cannot be read as witness inputs: {reason}")
        self.reason = reason


class InputsNeeded(ClientError):
    """The bid publishes no inputs, only their hash or nothing; the requester hands them over itself."""

    def __init__(self, task: bytes, uri: str = "") -> None:
        where = f"; the requester names {uri}" if uri else ""
        super().__init__(
            f"task 0x{task.hex()} publishes no witness inputs{where}. "
            "Get them from the requester and give them as `inputs`."
        )
        self.task = task
        self.uri = uri


class InputsDiffer(ClientError):
    """Inputs that were handed over are not those whose hash the bid publishes."""

    def __init__(self, got: str, expected: str) -> None:
        super().__init__(f"the inputs have hash {got}, the bid published {expected}")
        self.got = got
        self.expected = expected


class CircuitDiffers(ClientError):
    """The queue is of another circuit than the one named; proofs for it would be refused, and slashed."""

    def __init__(self, queue: int, circuit: str, what: str) -> None:
        super().__init__(
            f"queue {queue} is not of circuit {circuit!r}: {what} differ. Nothing was sent; every proof "
            "of it would be refused and slashed."
        )
        self.queue = queue
        self.circuit = circuit
        self.what = what


class ProofRefused(ClientError):
    """The verifier refused a proof: the bond was slashed and the task is open to rescuers."""

    def __init__(self, task: bytes, slashed_wei: int, transaction: str) -> None:
        super().__init__(
            f"the verifier refused the proof of task 0x{task.hex()}: {slashed_wei} wei of stake were slashed "
            f"(transaction {transaction}). Stop proving for this queue until you know why."
        )
        self.task = task
        self.slashed_wei = slashed_wei
        self.transaction = transaction


class WaitedTooLong(ClientError):
    """What was waited for did not happen in time."""

    def __init__(self, what: str, waited_seconds: float) -> None:
        super().__init__(f"{what} did not happen within {waited_seconds:.0f} s")
        self.what = what
        self.waited_seconds = waited_seconds


class NoSuchTask(ClientError):
    """The market knows no task of this id."""

    def __init__(self, task: bytes) -> None:
        super().__init__(f"there is no task 0x{task.hex()} in this market")
        self.task = task


class NotAssigned(ClientError):
    """The task is no longer assigned: it was proved, declined or missed meanwhile."""

    def __init__(self, task: bytes) -> None:
        super().__init__(f"task 0x{task.hex()} is no longer assigned; look at it with `Requester.task`")
        self.task = task


class NotProven(ClientError):
    """The task has no accepted proof."""

    def __init__(self, task: bytes, status: str) -> None:
        super().__init__(f"task 0x{task.hex()} has no accepted proof; it is {status}")
        self.task = task
        self.status = status


class NothingPayable(ClientError):
    """A delegator's requests cannot be paid now: not mature, or the pool's idle money is short."""

    def __init__(self, account: str, matures_at: int | None, shortfall_wei: int) -> None:
        if matures_at is None:
            why = "it has asked for nothing; call `request_redeem` a week ahead"
        elif shortfall_wei:
            why = (
                f"the first request matures at {matures_at}; the pool is short of {shortfall_wei} wei for it"
            )
        else:
            why = f"the first request matures at {matures_at}"
        super().__init__(f"nothing can be paid to {account}: {why}")
        self.account = account
        self.matures_at = matures_at
        self.shortfall_wei = shortfall_wei


class ReleaseDiffers(ClientError):
    """A downloaded release is not the file whose hash its makers published; do not run it."""

    def __init__(self, release: int, got: str, expected: str) -> None:
        super().__init__(f"release {release} has SHA-256 {expected}, this file has {got}; do not run it")
        self.release = release
        self.got = got
        self.expected = expected
