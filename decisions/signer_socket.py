"""The signer as a process of its own: HTTP over a UNIX socket, which only its owner's processes can open.

It must know no database. What it is asked for are checkpoints, as a witness is; keys are changed beside it, never by this.
"""

import json
import logging
import os
import socket
import socketserver
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from decisions.signer import RefusedError, Signer, State
from decisions.submission import MOST_BYTES

log = logging.getLogger(__name__)
SECONDS = 5.0


class AwayError(Exception):
    """The signer does not answer. Nothing disagrees: it is asked again in a moment."""


class _Handler(BaseHTTPRequestHandler):
    server: "Server"
    timeout = SECONDS
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path != "/state":
            self._answer(404, "")
            return
        try:
            self._answer(200, json.dumps(self.server.signer.state().document()))
        except RefusedError as error:
            self._answer(error.status, error.why)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint" or not length.isdigit() or int(length) > MOST_BYTES:
            self.close_connection = True
            self._answer(404 if self.path != "/add-checkpoint" else 400, "")
            return
        try:
            lines = self.server.signer.add(self.rfile.read(int(length)).decode())
        except UnicodeDecodeError:
            self._answer(400, "the body is not UTF-8")
        except RefusedError as error:
            log.warning("refused to sign: %s", error.why.strip())
            self._answer(error.status, error.why)
        else:
            self._answer(200, lines)

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Nothing: refusals are in the log, and one line a second for the rest helps nobody."""

    def address_string(self) -> str:
        return "socket"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens on the socket at `path` (mode 0600), in place of one that a crash left."""

    daemon_threads = True

    def __init__(self, signer: Signer, path: Path) -> None:
        self.signer = signer
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            super().__init__(str(path), _Handler)
        finally:
            os.umask(before)


class Remote:
    """The signer behind the socket at `path`."""

    def __init__(self, path: str) -> None:
        self.path = path

    def state(self) -> State:
        """As Signer.state. Raises AwayError too."""
        try:
            return State.read(json.loads(self._ask("GET", "/state")))
        except (KeyError, TypeError, ValueError):
            raise AwayError("the signer's answer cannot be read") from None

    def add(self, body: str) -> str:
        """As Signer.add. Raises AwayError too."""
        return self._ask("POST", "/add-checkpoint", body)

    def _ask(self, method: str, place: str, body: str = "") -> str:
        connection = _Connection(self.path)
        try:
            connection.request(method, place, body.encode() or None)
            answer = connection.getresponse()
            text = answer.read(MOST_BYTES).decode()
        except (OSError, HTTPException, UnicodeDecodeError) as error:
            raise AwayError(f"the signer does not answer at {self.path}: {error}") from None
        finally:
            connection.close()
        if answer.status == HTTPStatus.OK:
            return text
        raise RefusedError(answer.status, text)


class _Connection(HTTPConnection):
    """HTTP to a UNIX socket."""

    def __init__(self, path: str) -> None:
        super().__init__("signer", timeout=SECONDS)
        self.path = path

    def connect(self) -> None:
        # Known before it connects, so that it is closed where that fails.
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self.path)
