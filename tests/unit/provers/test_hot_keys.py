"""Hot keys: two-step consent, scopes, expiry, revocation, heartbeat; and the software a prover chooses."""

from __future__ import annotations

import pytest

from tests.support.stage import DAY, KEY, MIN_BASE_FEE, PROVEN, ZERO, ZK, Stage

YEAR = 365 * DAY


@pytest.fixture
def until(stage: Stage) -> int:
    """A day from now; the prover is seated."""
    stage.seat(stage.prover)
    return stage.chain.now + DAY


def test_key__proposed_and_accepted__may_act_in_its_scopes(stage: Stage, until: int) -> None:
    provers, prover = stage.pool.provers, stage.id_of(stage.prover)
    receipt = stage.act(stage.prover, provers, "proposeKey", stage.hot_key, 5, until)
    assert stage.events(receipt, provers, "KeyProposed") == [(prover, stage.hot_key, 5, until)]
    assert provers.read("keyOf", prover, stage.hot_key) == (5, until, False)
    assert not provers.read("mayAct", prover, stage.hot_key, 1)
    receipt = stage.act(stage.hot_key, provers, "acceptKey", prover)
    assert stage.events(receipt, provers, "KeyAccepted") == [(prover, stage.hot_key)]
    assert provers.read("keyOf", prover, stage.hot_key) == (5, until, True)
    may = [provers.read("mayAct", prover, stage.hot_key, scope) for scope in (1, 2, 4)]
    assert may == [True, False, True]
    assert not provers.read("mayAct", prover, stage.outsider, 1)


@pytest.mark.parametrize(("after", "allowed"), [(-1, True), (0, True), (1, False)])
def test_key__last_second__is_its_expiry(stage: Stage, until: int, after: int, allowed: bool) -> None:
    provers, prover = stage.pool.provers, stage.id_of(stage.prover)
    stage.act(stage.prover, provers, "proposeKey", stage.hot_key, 7, until)
    stage.act(stage.hot_key, provers, "acceptKey", prover)
    outcome = provers.try_send(stage.hot_key, "heartbeat", prover, stage.queue, 0, 3, at=until + after)
    assert outcome.ok == allowed


@pytest.mark.parametrize("scopes", [0, 8, 255])
def test_propose__no_such_scopes__reverts(stage: Stage, until: int, scopes: int) -> None:
    name, fields = stage.refused(stage.prover, stage.pool.provers, "proposeKey", stage.hot_key, scopes, until)
    assert name == "ScopesInvalid"
    assert fields["scopes"] == scopes


def test_propose__expiry_now_or_beyond_a_year__reverts(stage: Stage, until: int) -> None:
    provers, now = stage.pool.provers, stage.chain.now + 10
    assert until > now
    for expires_at in (0, now, now + YEAR + 1):
        name, fields = stage.refused(
            stage.prover, provers, "proposeKey", stage.hot_key, 1, expires_at, at=now
        )
        assert name == "KeyExpiryOutOfBounds"
        assert (fields["minAt"], fields["maxAt"]) == (now + 1, now + YEAR)
    for expires_at in (now + 1, now + YEAR):
        assert provers.try_send(stage.prover, "proposeKey", stage.hot_key, 1, expires_at, at=now).ok
    assert provers.read("MAX_KEY_SECONDS") == YEAR


def test_propose__by_who_is_no_prover__reverts(stage: Stage, until: int) -> None:
    name = stage.refusal(stage.outsider, stage.pool.provers, "proposeKey", stage.hot_key, 1, until)
    assert name == "NotRegistered"


def test_propose__again__replaces_the_permission_and_asks_anew(stage: Stage, until: int) -> None:
    provers, prover = stage.pool.provers, stage.id_of(stage.prover)
    stage.act(stage.prover, provers, "proposeKey", stage.hot_key, 7, until)
    stage.act(stage.hot_key, provers, "acceptKey", prover)
    stage.act(stage.prover, provers, "proposeKey", stage.hot_key, 1, until + 5)
    assert provers.read("keyOf", prover, stage.hot_key) == (1, until + 5, False)
    assert not provers.read("mayAct", prover, stage.hot_key, 1)


def test_accept__never_proposed_or_twice__reverts(stage: Stage, until: int) -> None:
    provers, prover = stage.pool.provers, stage.id_of(stage.prover)
    assert stage.refusal(stage.hot_key, provers, "acceptKey", prover) == "KeyNotProposed"
    stage.act(stage.prover, provers, "proposeKey", stage.hot_key, 7, until)
    assert stage.refusal(stage.outsider, provers, "acceptKey", prover) == "KeyNotProposed"
    stage.act(stage.hot_key, provers, "acceptKey", prover)
    assert stage.refusal(stage.hot_key, provers, "acceptKey", prover) == "KeyNotProposed"


@pytest.mark.parametrize("role", ["prover", "hot_key"])
def test_revoke__by_prover_or_key__ends_it(stage: Stage, until: int, role: str) -> None:
    provers, prover = stage.pool.provers, stage.id_of(stage.prover)
    stage.act(stage.prover, provers, "proposeKey", stage.hot_key, 7, until)
    stage.act(stage.hot_key, provers, "acceptKey", prover)
    for other in (stage.outsider, stage.second, stage.owner):
        assert stage.refusal(other, provers, "revokeKey", prover, stage.hot_key) == "KeyNotAllowed"
    receipt = stage.act(stage.people[role], provers, "revokeKey", prover, stage.hot_key)
    assert stage.events(receipt, provers, "KeyRevoked") == [(prover, stage.hot_key)]
    assert provers.read("keyOf", prover, stage.hot_key) == (0, 0, False)
    assert stage.refusal(stage.prover, provers, "revokeKey", prover, stage.hot_key) == "KeyNotProposed"


def test_submit__by_a_hot_key__pays_the_prover(stage: Stage, until: int) -> None:
    provers, prover = stage.pool.provers, stage.id_of(stage.prover)
    task = stage.assigned(stage.requester)
    proof = stage.proof(task, stage.prover)
    for scopes in (2, 4, 6):
        stage.act(stage.prover, provers, "proposeKey", stage.hot_key, scopes, until)
        stage.act(stage.hot_key, provers, "acceptKey", prover)
        name = stage.refusal(stage.hot_key, stage.pool.market, "submitProof", task, *proof)
        assert name == "NotAssignedProver"
    stage.act(stage.prover, provers, "proposeKey", stage.hot_key, 1, until)
    stage.act(stage.hot_key, provers, "acceptKey", prover)
    stage.act(stage.hot_key, stage.pool.market, "submitProof", task, *proof)
    assert stage.task(task).status == PROVEN
    assert (stage.earned(stage.prover), stage.earned(stage.hot_key)) == (MIN_BASE_FEE * 8 // 10, 0)


def test_heartbeat__by_key_or_prover__sets_the_capacity(stage: Stage, until: int) -> None:
    provers, prover = stage.pool.provers, stage.id_of(stage.prover)
    stage.act(stage.prover, provers, "proposeKey", stage.hot_key, 4, until)
    stage.act(stage.hot_key, provers, "acceptKey", prover)
    for who, capacity in ((stage.hot_key, 0), (stage.prover, 32), (stage.hot_key, 5)):
        receipt = stage.act(who, provers, "heartbeat", prover, stage.queue, 0, capacity)
        assert stage.events(receipt, provers, "Heartbeat") == [(prover, stage.queue, who, capacity)]
        assert stage.seats()[0].capacity == capacity


def test_heartbeat__too_much_or_of_another_seat__reverts(stage: Stage, until: int) -> None:
    assert until
    stage.seat(stage.second)
    provers, prover = stage.pool.provers, stage.id_of(stage.prover)
    beat = (stage.prover, provers, "heartbeat", prover, stage.queue)
    assert stage.refusal(*beat, 0, 33) == "CapacityTooHigh"
    for seat in (1, 2, 31):
        name, fields = stage.refused(*beat, seat, 1)
        assert name == "WrongSeat"
        assert (fields["seat"], fields["prover"]) == (seat, prover)
    for other in (stage.second, stage.outsider):
        name = stage.refusal(other, provers, "heartbeat", prover, stage.queue, 0, 1)
        assert name == "KeyNotAllowed"
    name = stage.refusal(stage.prover, provers, "heartbeat", 99, stage.queue, 0, 1)
    assert name == "UnknownProver"


# --- accelerators


def publish(stage: Stage, share: int, keys: list[bytes]) -> int:
    """A release of the third's."""
    registry = stage.pool.accelerators
    stage.act(stage.third, registry, "register", b"\x07" * 32, "mock", keys, share, "")
    return int(registry.read("acceleratorCount"))


def test_accelerator__chosen__is_paid_from_the_provers_side(stage: Stage, until: int) -> None:
    assert until
    accelerator = publish(stage, 1500, [KEY])
    provers, prover = stage.pool.provers, stage.id_of(stage.prover)
    receipt = stage.act(stage.prover, provers, "setAccelerator", stage.queue, accelerator)
    chosen = stage.events(receipt, provers, "AcceleratorChosen")
    assert chosen == [(stage.queue, prover, accelerator, 1500)]
    assert stage.seats()[0][4:] == (accelerator, 1500)
    stage.prove(stage.assigned(stage.requester), stage.prover)
    side = MIN_BASE_FEE * 8 // 10
    assert (stage.earned(stage.prover), stage.earned(stage.third)) == (side * 85 // 100, side * 15 // 100)
    late = stage.assigned(stage.requester)
    before = stage.earned(stage.third)
    stage.prove(late, stage.prover, at=stage.task(late).prove_by + 1)
    assert stage.earned(stage.third) - before == side // 2 * 15 // 100
    stage.act(stage.prover, provers, "setAccelerator", stage.queue, 0)
    assert stage.seats()[0][4:] == (0, 0)


def test_accelerator__retired_unfit_unknown_or_in_flight__is_refused(stage: Stage, until: int) -> None:
    assert until
    choose = (stage.prover, stage.pool.provers, "setAccelerator", stage.queue)
    assert stage.refusal(*choose, 1) == "UnknownAccelerator"
    other = publish(stage, 100, [b"\x01" * 32])
    name, fields = stage.refused(*choose, other)
    assert name == "AcceleratorUnfit"
    assert (fields["accelerator"], fields["key"]) == (other, KEY)
    old = publish(stage, 100, [])
    stage.act(stage.third, stage.pool.accelerators, "retire", old)
    assert stage.refusal(*choose, old) == "AcceleratorRetired"
    good = publish(stage, 100, [])
    stage.assigned(stage.requester)
    assert stage.refusal(*choose, good) == "TasksInFlight"


def test_accelerator__of_a_seat_given_up__is_forgotten(stage: Stage, until: int) -> None:
    assert until
    accelerator = publish(stage, 100, [])
    provers = stage.pool.provers
    stage.act(stage.prover, provers, "setAccelerator", stage.queue, accelerator)
    stage.act(stage.prover, provers, "leave", stage.queue)
    stage.act(stage.prover, provers, "join", stage.queue, 1)
    assert stage.seats()[0][4:] == (0, 0)
    assert stage.pool.accelerators.read("payoutOf", accelerator) != ZERO
    assert stage.balance(stage.prover) > ZK
