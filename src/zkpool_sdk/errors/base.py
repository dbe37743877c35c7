"""Root of every error, and the base of those that a contract reverts with."""

from __future__ import annotations

from inspect import get_annotations
from typing import Any, ClassVar, dataclass_transform


class ZKPoolError(Exception):
    """Root of every exception raised by ``zkpool_sdk``."""


@dataclass_transform(eq_default=True)
class ContractError(ZKPoolError):
    """A contract refused: one subclass for each Solidity error, with the same name and the same fields.

    Fields are declared as annotations, in the order of the Solidity arguments and in snake_case; an
    instance takes them by position or by name and keeps them in ``args``. Two errors are equal when class and
    fields are. ``ContractError.by_name`` maps a Solidity name to its class. Ids of tasks are ``bytes``, other
    ids ``int``, addresses ``str``, enums ``int``.
    """

    fields: ClassVar[tuple[str, ...]] = ()
    by_name: ClassVar[dict[str, type[ContractError]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.fields = tuple(get_annotations(cls))
        ContractError.by_name[cls.__name__] = cls

    def __init__(self, *args: Any, **named: Any) -> None:
        left = self.fields[len(args) :]
        if len(args) > len(self.fields) or set(left) != set(named):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.fields) or 'no fields'}")
        values = (*args, *(named[name] for name in left))
        super().__init__(*values)
        self.__dict__.update(zip(self.fields, values, strict=True))

    def __str__(self) -> str:
        def text(value: Any) -> str:
            return "0x" + value.hex() if isinstance(value, bytes) else str(value)

        shown = (f"{n}={text(v)}" for n, v in zip(self.fields, self.args, strict=True))
        said = (type(self).__doc__ or "").partition("\n")[0]
        return f"{type(self).__name__}({', '.join(shown)}): {said}"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.args == getattr(other, "args", None)

    def __hash__(self) -> int:
        return hash((type(self), self.args))
