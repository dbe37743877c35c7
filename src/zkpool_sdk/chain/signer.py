"""Who signs: a private key on this machine, or an account that the node itself has unlocked.

Keys come from an encrypted keyfile, from a file only its owner may read, or from a prompt; never from a
command line. Nothing here prints a key.
"""

from __future__ import annotations

import getpass
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from zkpool_sdk.chain.errors import CannotSign, KeyUnusable
from zkpool_sdk.models import Address

KEY_FILE_VARIABLE: Final = "ZKPOOL_KEY_FILE"
"""Environment variable that names the file with the private key; the file's mode must be 0600."""


@runtime_checkable
class Signer(Protocol):
    """Signs for one account."""

    @property
    def address(self) -> Address:
        """The account, checksummed."""

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes | None:
        """The signed transaction, raw; ``None`` if the node has to sign it (``eth_sendTransaction``)."""

    def sign_typed_data(self, message: Mapping[str, Any]) -> tuple[int, bytes, bytes]:
        """An EIP-712 signature as ``(v, r, s)``.

        Raises:
            CannotSign: this signer signs transactions only.
        """


class LocalSigner:
    """A private key in this process. Its ``repr`` shows the address alone."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @classmethod
    def from_key(cls, key: bytes | str, source: str = "the caller") -> LocalSigner:
        """The signer of a private key: 32 bytes, or 64 hexadecimal digits.

        Raises:
            KeyUnusable: it is no private key.
        """
        try:
            return cls(EthAccount.from_key(key.strip() if isinstance(key, str) else key))
        except Exception:  # the cause may show the key: it is dropped
            raise KeyUnusable(source, "it is not a private key of 64 hexadecimal digits") from None

    @classmethod
    def from_keyfile(cls, path: str | os.PathLike[str], passphrase: str | None = None) -> LocalSigner:
        """The signer of an encrypted keyfile (Web3 secret storage); asks for the passphrase if none is given.

        Raises:
            KeyUnusable: the file is no keyfile, or the passphrase is wrong.
        """
        if passphrase is None:
            passphrase = getpass.getpass(f"Passphrase of {path}: ")
        try:
            keyfile = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls(EthAccount.from_key(EthAccount.decrypt(keyfile, passphrase)))
        except OSError as error:
            raise KeyUnusable(str(path), error.strerror or "it cannot be read") from None
        except Exception:  # the cause may show what was decrypted: it is dropped
            raise KeyUnusable(str(path), "it is no keyfile, or the passphrase is wrong") from None

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> LocalSigner:
        """The signer of a plain private key in a file that only its owner may read (mode 0600).

        Raises:
            KeyUnusable: others may read the file, or it holds no private key.
        """
        try:
            mode = stat.S_IMODE(os.stat(path).st_mode)
            if mode & 0o077:
                raise KeyUnusable(str(path), f"others may read it (mode {mode:04o}); run: chmod 600 {path}")
            return cls.from_key(Path(path).read_text(encoding="ascii"), source=str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise KeyUnusable(str(path), type(error).__name__) from None

    @classmethod
    def from_environment(cls, variable: str = KEY_FILE_VARIABLE) -> LocalSigner:
        """The signer of the key file that an environment variable names.

        Raises:
            KeyUnusable: the variable is not set, or as :meth:`from_file`.
        """
        path = os.environ.get(variable)
        if not path:
            raise KeyUnusable(f"${variable}", "it is not set; let it name a key file of mode 0600")
        return cls.from_file(path)

    @classmethod
    def from_prompt(cls, prompt: str = "Private key: ") -> LocalSigner:
        """The signer of a key typed at the terminal, unseen.

        Raises:
            KeyUnusable: what was typed is no private key.
        """
        return cls.from_key(getpass.getpass(prompt), source="the prompt")

    @classmethod
    def generate(cls) -> LocalSigner:
        """The signer of a new key, from the system's randomness; it is gone with the process."""
        return cls(EthAccount.create())

    @property
    def address(self) -> Address:
        """The account, checksummed."""
        return Address(str(self._account.address))

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes | None:
        """The signed transaction, raw."""
        return bytes(self._account.sign_transaction(dict(transaction)).raw_transaction)

    def sign_typed_data(self, message: Mapping[str, Any]) -> tuple[int, bytes, bytes]:
        """An EIP-712 signature as ``(v, r, s)``."""
        signed = self._account.sign_message(encode_typed_data(full_message=dict(message)))
        return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")

    def __repr__(self) -> str:
        return f"LocalSigner({self.address})"


class NodeSigner:
    """An account that the node has unlocked, such as those of a development chain."""

    def __init__(self, address: str) -> None:
        self._address = Address(address)

    @property
    def address(self) -> Address:
        """The account."""
        return self._address

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes | None:
        """``None``: the node signs."""
        return None

    def sign_typed_data(self, message: Mapping[str, Any]) -> tuple[int, bytes, bytes]:
        """Nothing: nodes differ in how they sign messages."""
        raise CannotSign(self.address, "messages; use a key on this machine")

    def __repr__(self) -> str:
        return f"NodeSigner({self.address})"
