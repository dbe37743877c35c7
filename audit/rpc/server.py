"""JSON-RPC over HTTP on the loopback: one request after the other, connections kept open."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

from audit.rpc.methods import Methods

MAX_HEAD = 1 << 16


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, methods: Methods) -> None:
        self._methods = methods
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers every request that is complete."""
        self._buffer += data
        while (body := self._next()) is not None:
            self._reply(body)

    def _next(self) -> bytes | None:
        """The body of the first request in the buffer; ``None`` if it is not all there."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                self._close()
            return None
        length = 0
        for line in bytes(self._buffer[:end]).split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        start, stop = end + 4, end + 4 + length
        if len(self._buffer) < stop:
            return None
        body = bytes(self._buffer[start:stop])
        del self._buffer[:stop]
        return body

    def _reply(self, body: bytes) -> None:
        assert self._transport is not None
        try:
            request: Any = json.loads(body)
        except ValueError:
            answer: Any = {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "not JSON"}}
        else:
            several = isinstance(request, list)
            answer = [self._methods.answer(r) for r in request] if several else self._methods.answer(request)
        text = json.dumps(answer, separators=(",", ":")).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        self._transport.write(head.encode() + text)

    def _close(self) -> None:
        if self._transport:
            self._transport.close()


async def serve(methods: Methods, host: str, port: int) -> None:
    """Serves until the process is told to end; says where on standard output, as anvil does."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(lambda: Connection(methods), host, port)
    print(f"Listening on {host}:{server.sockets[0].getsockname()[1]}", flush=True)
    await ended.wait()
    server.close()
