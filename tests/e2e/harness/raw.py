"""HTTP/1.1 over a plain socket, for what SDKs never do: cut bodies, early closes, bytes as they arrive."""

import json
import socket
from dataclasses import dataclass, field


@dataclass
class Answer:
    """One response; `cut` if the connection ended before the body did."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    cut: bool = False
    pieces: list[bytes] = field(default_factory=list)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    def events(self) -> list:
        """The data of an event stream's events, parsed unless it is `[DONE]`."""
        data = [line[6:] for line in self.text.splitlines() if line.startswith("data: ")]
        return [item if item == "[DONE]" else json.loads(item) for item in data]


class Connection:
    """One connection to `address` ("host:port")."""

    def __init__(self, address: str, seconds: float = 30):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self, reset: bool = False):
        """FIN, or RST if asked."""
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.socket.close()

    def send(self, method: str, path: str, headers: dict | None = None, body: bytes = b"", length: int | None = None):
        """Sends a request; `length` may promise more than `body` brings."""
        lines = [f"{method} {path} HTTP/1.1", "host: gateway.test"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines.append(f"content-length: {len(body) if length is None else length}")
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def head(self) -> Answer:
        """The response head; the body is still to come."""
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in lines)
        return Answer(int(status.split()[1]), {name.lower(): value for name, value in headers.items()})

    def piece(self, answer: Answer) -> bytes | None:
        """The next piece of a chunked body, `None` at its end."""
        try:
            while b"\r\n" not in self._buffer:
                self._fill()
            line, self._buffer = self._buffer.split(b"\r\n", 1)
            size = int(line.split(b";")[0], 16)
            while len(self._buffer) < size + 2:
                self._fill()
        except ConnectionError:
            answer.cut = True
            return None
        piece, self._buffer = self._buffer[:size], self._buffer[size + 2 :]
        answer.body += piece
        if size:
            answer.pieces.append(piece)
        return piece or None

    def read(self) -> Answer:
        """A whole response."""
        answer = self.head()
        if answer.headers.get("transfer-encoding") == "chunked":
            while self.piece(answer) is not None:
                pass
            return answer
        try:
            length = answer.headers.get("content-length")
            while length is None or len(self._buffer) < int(length):
                self._fill()
        except ConnectionError:
            answer.cut = length is not None
        answer.body, self._buffer = self._buffer, b""
        return answer

    def _fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed")
        self._buffer += data


def post(address: str, path: str, body, headers: dict | None = None) -> Answer:
    """One POST on a connection of its own; `body` is bytes, or anything that JSON can write."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Connection(address) as connection:
        connection.send("POST", path, {"content-type": "application/json", "connection": "close", **(headers or {})}, data)
        return connection.read()


def get(address: str, path: str, headers: dict | None = None) -> Answer:
    """One GET on a connection of its own."""
    with Connection(address) as connection:
        connection.send("GET", path, {"connection": "close", **(headers or {})})
        return connection.read()
