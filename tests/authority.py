"""A timestamp authority of this machine's openssl, with a root of its own. It must not use the product's code."""

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

# No `certs`: openssl writes several into an unsorted SET, which is no DER.
CONFIGURATION = """
[tsa]
default_tsa = mine
[mine]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[for_tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[for_root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
"""


class Authority:
    """Answers at `url` until it is stopped; `root` is the file that its tokens lead to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "serial").write_text("01\n")
        self.configuration = folder / "openssl.cnf"
        self.configuration.write_text(CONFIGURATION.format(folder=folder))
        self.root = folder / "root.pem"
        self._make()
        self.asked = 0
        self.lie: tuple[int, bytes] | None = None
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked += 1
                status, answer = authority.lie or (200, authority.reply(query))
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsa"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def _run(self, *words: str) -> None:
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _make(self) -> None:
        new = ("-newkey", "rsa:2048", "-nodes")
        root = ("-subj", "/CN=Root of a test", "-config", "openssl.cnf", "-extensions", "for_root")
        self.configuration.write_text(self.configuration.read_text() + "[req]\ndistinguished_name = none\n[none]\n")
        self._run("req", "-x509", *new, "-keyout", "root.key", "-out", "root.pem", "-days", "3650", *root)
        self._run(
            "req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA of a test", "-config", "openssl.cnf"
        )
        signed = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3650")
        self._run(
            "x509",
            "-req",
            "-in",
            "tsa.csr",
            *signed,
            "-out",
            "tsa.pem",
            "-extfile",
            "openssl.cnf",
            "-extensions",
            "for_tsa",
        )

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        self._run("ts", "-reply", "-config", "openssl.cnf", "-queryfile", "query", "-out", "reply")
        return (self.folder / "reply").read_bytes()

    def check(self, token: Path, message: bytes) -> bool:
        """What openssl itself says of a token."""
        (self.folder / "message").write_bytes(message)
        words = ["openssl", "ts", "-verify", "-in", str(token), "-data", "message", "-CAfile", "root.pem"]
        return subprocess.run(words, cwd=self.folder, capture_output=True, check=False).returncode == 0

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
