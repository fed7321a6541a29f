"""TLS in front of a simulated provider, with a certificate for `localhost` and `provider.test`."""

import socket
import ssl
import threading
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
CERTIFICATE = FIXTURES / "tls-cert.pem"


class TlsProxy:
    """Takes TLS connections and passes their bytes on to `address`; remembers the server names that were asked for."""

    def __init__(self, address: str):
        self.names: list[str | None] = []
        host, port = address.rsplit(":", 1)
        self._to = (host, int(port))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, FIXTURES / "tls-key.pem")
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket):
        try:
            with self._context.wrap_socket(client, server_side=True) as secure, socket.create_connection(self._to) as plain:
                back = threading.Thread(target=_copy, args=(plain, secure), daemon=True)
                back.start()
                _copy(secure, plain)
                back.join()
        except OSError:
            client.close()


def _copy(source: socket.socket, to: socket.socket):
    try:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass
