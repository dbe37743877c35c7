"""The questions that can be put to the mechanism, each a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from zkpool_sdk.simulation import (
    attack_study,
    cartel_study,
    decay_study,
    demand_study,
    fraction_study,
    price_study,
    rating_study,
)
from zkpool_sdk.simulation.study import Scale, Study

QUESTIONS: Final[Mapping[str, Callable[[int, Scale], Study]]] = {
    "demand": demand_study.study,
    "fraction": fraction_study.study,
    "attacks": attack_study.study,
    "cartel": cartel_study.study,
    "decay": decay_study.study,
    "rating": rating_study.study,
    "price": price_study.study,
}
"""By name: from a seed and a scale to an answer."""
