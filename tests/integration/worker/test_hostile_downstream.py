"""What a service calls may answer as slowly as it wants, and be given any credentials."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from warren.testing.deadline import eventually
from warren.worker.downstream import Downstream, DownstreamWatch

PATIENCE = 0.3
SECRET = "sekret-of-the-chatbot"


class Neighbour(socketserver.ThreadingTCPServer):
    """Sends the status, and then a byte of a header each moment, for as long as it drips."""

    daemon_threads = True
    allow_reuse_address = True
    status = b"200 OK"

    def __init__(self, *, drips: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.dry = threading.Event()
        if not drips:
            self.dry.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/readyz"


class _Answer(socketserver.BaseRequestHandler):
    server: Neighbour

    def handle(self) -> None:
        self.request.recv(4096)
        try:
            self.request.sendall(b"HTTP/1.1 " + self.server.status + b"\r\nX-Drop: ")
            while not self.server.dry.wait(PATIENCE / 5):
                self.request.sendall(b".")
            self.request.sendall(b"\r\n\r\n")
        except OSError:
            # Whoever asked has given up.
            return


@contextmanager
def _neighbour(*, drips: bool) -> Iterator[Neighbour]:
    with Neighbour(drips=drips) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.dry.set()
            server.shutdown()
            thread.join(5)


@pytest.fixture
def dripping() -> Iterator[Neighbour]:
    with _neighbour(drips=True) as server:
        yield server


@pytest.fixture
def prompt() -> Iterator[Neighbour]:
    with _neighbour(drips=False) as server:
        yield server


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Signed by nobody but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "server.pem"
    file.write_bytes(secret + signed.public_bytes(pem))
    return file


@contextmanager
def _watching(*asked: Downstream) -> Iterator[DownstreamWatch]:
    watch = DownstreamWatch("sync", asked, interval=0.05, patience=PATIENCE)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


def _problems(watch: DownstreamWatch) -> dict[str, str | None]:
    return {told.name: told.problem for told in watch.told()}


def test_one_that_drips_is_down_and_hides_nothing_that_happens_to_the_others(
    dripping: Neighbour, prompt: Neighbour
) -> None:
    asked = [Downstream("dripping", dripping.url), Downstream("prompt", prompt.url)]
    silence = f"has not answered within {PATIENCE:g} s"
    with _watching(*asked) as watch:
        eventually(lambda: _problems(watch) == {"dripping": silence, "prompt": None})

        prompt.status = b"503 Unavailable"
        eventually(lambda: _problems(watch) == {"dripping": silence, "prompt": "answers 503"})

        dripping.dry.set()
        eventually(lambda: _problems(watch)["dripping"] is None)


@pytest.mark.parametrize("token", [f"{SECRET}\n", f"{SECRET}é€"])
@pytest.mark.parametrize("header", ["Authorization", "x-goog-api-key"])
def test_credentials_that_cannot_be_sent_are_told_to_nobody(
    prompt: Neighbour, header: str, token: str
) -> None:
    asked = Downstream("chatbot", prompt.url, {header: f"Bearer {token}"})
    with capture_logs() as logged, _watching(asked) as watch:
        eventually(lambda: bool(_problems(watch)) and bool(logged))

        (problem,) = _problems(watch).values()
        assert problem == "is not asked: its URL or its credentials cannot be sent over HTTP"
        assert SECRET not in f"{logged} {watch.told()}"


def test_a_certificate_that_does_not_hold_is_not_taken_for_wrong_credentials(
    certificate: Path,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with _neighbour(drips=False) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        asked = Downstream("chatbot", server.url.replace("http:", "https:"), {"X-Key": SECRET})
        with _watching(asked) as watch:
            problem = eventually(lambda: _problems(watch).get("chatbot"))

    assert problem.startswith("is not reached: SSLCertVerificationError")
