"""When what is due for a task, from the task and the terms it was assigned under."""

from __future__ import annotations

from zkpool_sdk.economics.proofs import GRACE_DIVISOR
from zkpool_sdk.economics.rescue import DECLINE_WINDOW_DIVISOR, MAX_DECLINE_SECONDS
from zkpool_sdk.models import Task, Terms
from zkpool_sdk.units import Seconds, Timestamp


def window_of(task: Task, terms: Terms) -> Seconds:
    """The proof window of an assigned task; a rescuer has half of it."""
    seconds = terms.proof_window_seconds
    return Seconds(seconds // 2 if task.rescued else seconds)


def assigned_at(task: Task, terms: Terms) -> Timestamp:
    """When a task was assigned, or claimed."""
    return Timestamp(task.prove_by - window_of(task, terms))


def grace_until(task: Task, terms: Terms) -> Timestamp:
    """Last second for a proof, at half the price and half the bond."""
    return Timestamp(task.prove_by + window_of(task, terms) // GRACE_DIVISOR)


def decline_by(task: Task, terms: Terms) -> Timestamp:
    """Last second to give a task back."""
    span = min(window_of(task, terms) // DECLINE_WINDOW_DIVISOR, MAX_DECLINE_SECONDS)
    return Timestamp(assigned_at(task, terms) + span)
