"""One unary gRPC call by hand: enough HTTP/2 to ask the service for its health without another dependency."""

import socket
import struct


def call(address: str, path: str, message: bytes = b"", seconds: float = 5) -> bytes:
    """The answer's message; raises if there is none."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", address), ("content-type", "application/grpc"), ("te", "trailers")]
        head = b"".join(b"\x00" + _string(name) + _string(value) for name, value in fields)
        body = b"\x00" + struct.pack(">I", len(message)) + message
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0) + _frame(1, 4, 1, head) + _frame(0, 1, 1, body))
        data = b""
        while True:
            length, kind, flags, stream = _head(_read(connection, 9))
            payload = _read(connection, length)
            if kind == 4 and not flags & 1:
                connection.sendall(_frame(4, 1, 0))
            if kind == 0 and stream == 1:
                data += payload
            if stream == 1 and flags & 1 and kind in (0, 1):
                break
    if len(data) < 5:
        raise RuntimeError(f"{path} answered without a message")
    return data[5:]


def health(address: str) -> bool:
    """What `grpc.health.v1.Health/Check` says of the whole server."""
    return call(address, "/grpc.health.v1.Health/Check") == b"\x08\x01"


def _string(text: str) -> bytes:
    data = text.encode()
    assert len(data) < 127
    return bytes([len(data)]) + data


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def _head(data: bytes) -> tuple[int, int, int, int]:
    return int.from_bytes(data[:3], "big"), data[3], data[4], int.from_bytes(data[5:9], "big") & 0x7FFFFFFF


def _read(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise ConnectionError("closed")
        data += piece
    return data
