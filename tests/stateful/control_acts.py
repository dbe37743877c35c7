"""The acts of those who run the place, and of those who would like to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.stateful.push_acts import PushActs
from tests.support.rawmarket import KEY, mock_proof
from zkpool_sdk.economics.control import Control
from zkpool_sdk.models import Address, ProjectId, SignalRule, Terms


class ControlActs(PushActs):
    """Owners, the guardian, projects that open queues, makers that publish."""

    @property
    def control(self) -> Control:
        return self.market.control

    def hand_over_to(self, contract: str, caller: Address, owner: Address) -> None:
        action = self.control.transfer_ownership
        whole = contract, caller, owner
        self.act("transfer ownership", caller, contract, "transferOwnership", (owner,), action, *whole)

    def take_over(self, contract: str, caller: Address) -> None:
        action = self.control.accept_ownership
        self.act("accept ownership", caller, contract, "acceptOwnership", (), action, contract, caller)

    def set_guardian(self, caller: Address, guardian: Address) -> None:
        action = self.control.set_guardian
        self.act("set guardian", caller, "market", "setGuardian", (guardian,), action, caller, guardian)

    def trespass(
        self,
        caller: str,
        contract: str,
        function: str,
        given: tuple[Any, ...],
        check: Callable[..., Any],
        *of: Any,
    ) -> None:
        """Tries what only another may: it must be refused."""
        self.act("trespass", caller, contract, function, given, check, *of, compare=False)

    def open_project(self, admin: Address) -> ProjectId:
        """Registers a project; its number."""
        action = self.market.projects.register_project
        return self.act(  # type: ignore[no-any-return]
            "register project", admin, "projects", "registerProject", ("",), action, admin, returned=int
        )

    def allow_verifier(self, allowed: bool) -> None:
        verifier = Address(self.at.verifier.address)
        action, arguments = self.market.projects.allow_verifier, (verifier, allowed)
        deployer = self.roles.deployer
        self.act("allow verifier", deployer, "projects", "allowVerifier", arguments, action, *arguments)

    def open_queue(
        self,
        caller: Address,
        project: ProjectId,
        rules: tuple[SignalRule, ...],
        terms: Terms,
        *,
        good: bool = True,
        least_rating_ppm: int | None = None,
    ) -> None:
        """Opens a queue with a sample that the verifier accepts or refuses; sealed with a least rating."""
        verifier = Address(self.at.verifier.address)
        signals = list(range(1, 4))
        sample = (signals, mock_proof(signals, KEY) if good else bytes(32))
        given: tuple[Any, ...] = (project, verifier, KEY, list(rules), terms, sample)
        sealed = least_rating_ppm is not None
        if sealed:
            given = (*given, least_rating_ppm)
        function = "createSealedQueue" if sealed else "createQueue"
        action = self.market.projects.create_queue
        self.act(
            "open queue",
            caller,
            "projects",
            function,
            given,
            partial(
                action,
                is_sealed=sealed,
                min_rating_ppm=least_rating_ppm or 0,
                signal_count=3,
                good_sample_accepted=good,
            ),
            caller,
            project,
            verifier,
            KEY,
            rules,
            terms,
            returned=int,
        )

    def publish(self, maker: Address, content_hash: bytes, keys: list[bytes], share_bps: int) -> None:
        """Publishes a release of prover software."""
        release = (content_hash, "groth16", keys, share_bps, "")
        action = self.market.accelerators.register
        self.act("publish", maker, "accelerators", "register", release, action, maker, *release, returned=int)

    def set_treasury(self, treasury: Address) -> None:
        action = self.market.splitter.set_treasury
        deployer = self.roles.deployer
        self.act("set treasury", deployer, "splitter", "setTreasury", (treasury,), action, treasury)

    def stake_with_a_used_permit(self, prover: Address, amount_wei: int) -> None:
        """Somebody has brought the permit on chain before, or it is none: the allowance is what counts."""
        action = self.market.vault.stake
        given = (amount_wei, 0, 27, bytes(32), bytes(32))
        self.act("stake", prover, "vault", "stakeWithPermit", given, action, prover, amount_wei, self.now)
