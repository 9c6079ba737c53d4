"""A witness as its specification says (C2SP tlog-witness, tlog-cosignature). It must not use the product's code."""

import base64
import hashlib
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DASH = "—"


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def proven(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> bool:
    """RFC 6962 §2.1.2, by the recursion of the definition: what both roots are, made from the parts."""
    parts = list(proof)

    def roots(m: int, n: int, *, whole: bool) -> tuple[bytes, bytes]:
        """(root of the first m leaves, root of all n) of the subtree in question."""
        if m == n:
            part = old_root if whole else parts.pop(0)
            return part, part
        power = 1
        while power * 2 < n:
            power *= 2
        if m <= power:
            left_old, left_new = roots(m, power, whole=whole)
            return left_old, sha(b"\x01", left_new, parts.pop(0))
        right_old, right_new = roots(m - power, n - power, whole=False)
        left = parts.pop(0)
        return sha(b"\x01", left, right_old), sha(b"\x01", left, right_new)

    try:
        return roots(old, new, whole=True) == (old_root, new_root) and not parts
    except IndexError:
        return False


@dataclass
class Seen:
    size: int = 0
    root: bytes = sha()


@dataclass
class Witness:
    """Cosigns for the logs in `logs` (verifier keys). What it was asked and answered is kept."""

    name: str
    logs: list[str] = field(default_factory=list)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    seen: dict[str, Seen] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    lie: tuple[int, bytes] | None = None
    """What it answers instead, to whatever."""
    now: Callable[[], float] = time.time
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def id(self) -> bytes:
        return sha(self.name.encode(), b"\n\x04", self.public)[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([4]) + self.public).decode()}"

    def ask(self, body: str) -> tuple[int, bytes]:
        with self.lock:
            status, answer = self.lie or self._ask(body)
            self.statuses.append(status)
            return status, answer

    def _ask(self, body: str) -> tuple[int, bytes]:
        head, note = body.split("\n\n", 1)
        first, *lines = head.split("\n")
        old, proof = int(first.removeprefix("old ")), [base64.b64decode(line, validate=True) for line in lines]
        text, signatures = note.split("\n\n")
        origin, number, encoded = text.split("\n")
        size, root = int(number), base64.b64decode(encoded)
        mine = [key for key in self.logs if key.split("+", 1)[0] == origin]
        if not mine:
            return 404, b""
        if not any(self._signed(text + "\n", signatures, key) for key in mine):
            return 403, b""
        if old > size:
            return 400, b""
        seen = self.seen.setdefault(origin, Seen())
        if old != seen.size:
            return 409, b"%d\n" % seen.size
        if old == size and root != seen.root:
            return 409, b"%d\n" % seen.size
        if old and not proven(old, size, seen.root, root, proof):
            return 422, b""
        if not old and proof:
            return 422, b""
        seen.size, seen.root = size, root
        at = int(self.now())
        made = self.key.sign(f"cosignature/v1\ntime {at}\n{text}\n".encode())
        line = base64.b64encode(self.id + struct.pack(">Q", at) + made).decode()
        return 200, f"{DASH} {self.name} {line}\n".encode()

    def _signed(self, text: str, signatures: str, key: str) -> bool:
        name, id_, encoded = key.split("+", 2)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:])
        for line in signatures.splitlines():
            _, signer, raw = line.split(" ")
            signature = base64.b64decode(raw)
            if signer == name and signature[:4].hex() == id_:
                try:
                    public.verify(signature[4:], text.encode())
                except InvalidSignature:
                    return False
                return True
        return False


class Served:
    """A witness at an address of this machine, until it is stopped."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = witness.ask(body) if self.path == "/prefix/add-checkpoint" else (404, b"")
                self.send_response(status)
                if status == 409:
                    self.send_header("Content-Type", "text/x.tlog.size")
                if status in (301, 302, 307, 308):
                    self.send_header("Location", answer.decode())
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/prefix"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    @property
    def line(self) -> str:
        return f"witness {self.witness.name.rpartition('/')[2]} {self.witness.vkey} {self.url}"

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
