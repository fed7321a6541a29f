"""HTTP/2 with prior knowledge over a plain socket: streams side by side, trailers, resets, and gRPC's health call."""

import json
import socket
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events


@dataclass
class Stream:
    """One exchange; `reset` is the error code if the server ended it so."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    trailers: dict[str, str] = field(default_factory=dict)
    ended: bool = False
    reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.headers[":status"])

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Connection:
    """One connection to `address` ("host:port"); `streams` are by their numbers."""

    def __init__(self, address: str, seconds: float = 30):
        host, port = address.rsplit(":", 1)
        self._authority = address
        self._socket = socket.create_connection((host, int(port)), timeout=seconds)
        self._state = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._state.initiate_connection()
        self.streams: dict[int, Stream] = {}
        self._flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, method: str, path: str, headers: dict | None = None, body: bytes = b"", trailers: dict | None = None) -> int:
        """Sends a whole request, as fast as the server takes it; returns its stream's number."""
        number = self._state.get_next_available_stream_id()
        self.streams[number] = Stream()
        fields = [(":method", method), (":scheme", "http"), (":authority", self._authority), (":path", path), *(headers or {}).items()]
        self._state.send_headers(number, fields, end_stream=not body and trailers is None)
        self._flush()
        while body and self.streams[number].reset is None:
            room = min(self._state.local_flow_control_window(number), self._state.max_outbound_frame_size)
            if not room:
                self.receive()
                continue
            piece, body = body[:room], body[room:]
            self._state.send_data(number, piece, end_stream=not body and trailers is None)
            self._flush()
        if trailers is not None and self.streams[number].reset is None:
            self._state.send_headers(number, list(trailers.items()), end_stream=True)
            self._flush()
        return number

    def answer(self, number: int) -> Stream:
        """The stream when it has ended."""
        stream = self.streams[number]
        while not stream.ended:
            self.receive()
        return stream

    def leave(self, number: int):
        """Ends a stream as a client does that has lost interest (CANCEL)."""
        self._state.reset_stream(number, error_code=8)
        self._flush()

    def receive(self):
        """Takes in what has come, waiting for something."""
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        for event in self._state.receive_data(data):
            match event:
                case h2.events.ResponseReceived(stream_id=number, headers=headers):
                    self.streams[number].headers = dict(headers)
                case h2.events.DataReceived(stream_id=number, data=data, flow_controlled_length=length):
                    self.streams[number].body += data
                    self._state.acknowledge_received_data(length, number)
                case h2.events.TrailersReceived(stream_id=number, headers=headers):
                    self.streams[number].trailers = dict(headers)
                case h2.events.StreamEnded(stream_id=number):
                    self.streams[number].ended = True
                case h2.events.StreamReset(stream_id=number, error_code=code):
                    self.streams[number].reset, self.streams[number].ended = code, True
        self._flush()

    def _flush(self):
        self._socket.sendall(self._state.data_to_send())


def healthy(address: str) -> bool:
    """What `grpc.health.v1.Health/Check` says of the whole server."""
    with Connection(address, 5) as connection:
        empty = b"\x00\x00\x00\x00\x00"
        headers = {"content-type": "application/grpc", "te": "trailers"}
        answer = connection.answer(connection.send("POST", "/grpc.health.v1.Health/Check", headers, empty))
    return answer.body[5:] == b"\x08\x01"
