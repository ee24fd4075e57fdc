"""Content credentials (C2PA): a signed statement inside a file of what made it.

Signed by the operator's certificate ($OMNITALKER_SIGNING_CHAIN and $OMNITALKER_SIGNING_KEY, two PEM files), else by
one that this machine made for itself, which readers call untrusted: it says that two files come from one place,
not whose place that is. Unlike the marks, credentials are lost when a file is encoded anew.
"""

from __future__ import annotations

import importlib.util
import io
import json
import logging
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO

from omnitalker.base.errors import ConfigError
from omnitalker.base.files import AtomicFile
from omnitalker.base.version import VERSION

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

log = logging.getLogger(__name__)

FOLDER = Path("~/.omnitalker/signing")
CHAIN, KEY = "chain.pem", "key.pem"
CHAIN_VARIABLE, KEY_VARIABLE = "OMNITALKER_SIGNING_CHAIN", "OMNITALKER_SIGNING_KEY"
KINDS = {
    ".mp4": "video/mp4", ".wav": "audio/wav", ".mp3": "audio/mpeg", ".gif": "image/gif", ".png": "image/png",
}  # fmt: skip
"""What can carry credentials, by ending."""
SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
YEARS = 10
LONGEST_WORDS = 80


@dataclass(frozen=True)
class Credentials:
    """What a file says of itself."""

    maker: str
    signer: str
    is_intact: bool
    """Whether the file is as it was signed; who signed is another question."""
    when: str = ""
    """It was made, in UTC, as its maker says; empty where nothing is said."""


class SignedFile(AtomicFile):
    """An `AtomicFile` that carries credentials, where its kind can and the package `c2pa-python` is installed."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self.final.suffix.lower() in KINDS and is_available():
            try:
                sign(self.temporary)
            except BaseException as trouble:
                super().__exit__(type(trouble), trouble, trouble.__traceback__)
                raise
        super().__exit__(kind, error, trace)


def is_available() -> bool:
    return importlib.util.find_spec("c2pa") is not None


def sign(path: Path) -> None:
    """Put credentials into a file made here."""
    partial = path.with_name(f"{path.stem}.signed{path.suffix}")
    try:
        with path.open("rb") as source, partial.open("w+b") as into:
            is_signed = _sign(source, into, path.name.removeprefix("."))
        if is_signed:
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def signed(content: bytes, name: str) -> bytes:
    """The content of a file of that name, with credentials where its kind can carry them."""
    into = io.BytesIO()
    if Path(name).suffix.lower() not in KINDS or not is_available():
        return content
    return into.getvalue() if _sign(io.BytesIO(content), into, name) else content


def _sign(source: BinaryIO, into: BinaryIO, name: str) -> bool:
    """False where this machine has no key."""
    import c2pa

    signing = _signing_files()
    if signing is None:
        return False
    chain, key = (file.read_bytes() for file in signing)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = {"action": "c2pa.created", "when": now, "digitalSourceType": SYNTHETIC}
    manifest = {
        "claim_generator_info": [{"name": "OmniTalker", "version": VERSION}],
        "title": name,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [made]}}],
    }
    info = c2pa.C2paSignerInfo(b"es256", chain, key, None)
    try:
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest) as builder:
            builder.sign(signer, KINDS[Path(name).suffix.lower()], source, into)
    except c2pa.C2paError as error:
        if (trouble := _of_the_disk(error)) is not None:
            raise trouble from error
        raise ConfigError(f"cannot sign with {signing[0]} and {signing[1]}: {error}") from error
    return True


def _of_the_disk(error: BaseException | None) -> OSError | None:
    """What lies behind an error of c2pa, where it is the file's and not the key's."""
    while error is not None:
        if isinstance(error, OSError):
            return error
        error = error.__cause__ or error.__context__
    return None


def read_credentials(path: Path) -> Credentials | None:
    """What a file says of itself; None where it says nothing or nobody here can read it."""
    if path.suffix.lower() not in KINDS or not is_available():
        return None
    import c2pa

    try:
        with path.open("rb") as file, c2pa.Reader(KINDS[path.suffix.lower()], file) as reader:
            found = json.loads(reader.json())
    except c2pa.C2paError:
        return None
    manifest = found["manifests"][found["active_manifest"]]
    makers = manifest.get("claim_generator_info") or [{}]
    issuer = manifest.get("signature_info", {}).get("issuer", "nobody named")
    is_intact = found.get("validation_state") in ("Valid", "Trusted")
    return Credentials(
        _shown(makers[0].get("name", "unnamed")), _shown(issuer), is_intact, _shown(_when(manifest))
    )


def _when(manifest: Any) -> object:
    """Of the first action that says so."""
    for assertion in manifest.get("assertions", ()):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            for action in assertion.get("data", {}).get("actions", ()):
                if "when" in action:
                    return action["when"]
    return ""


def _shown(words: object) -> str:
    """Somebody's words on one line of ours: short, and without what a terminal would obey."""
    return "".join(letter for letter in str(words) if letter.isprintable())[:LONGEST_WORDS]


def _signing_files() -> tuple[Path, Path] | None:
    """Chain and key: the operator's, else this machine's own, made at the first use; None where it cannot be kept."""
    given = os.environ.get(CHAIN_VARIABLE), os.environ.get(KEY_VARIABLE)
    if any(given):
        chain, key = (Path(name or "") for name in given)
        if not (chain.is_file() and key.is_file()):
            raise ConfigError(f"{CHAIN_VARIABLE} and {KEY_VARIABLE} name two PEM files that exist")
        return chain, key
    folder = FOLDER.expanduser().resolve()
    if not _is_whole(folder):
        try:
            _make_own(folder)
        except OSError as error:
            log.warning("files are not signed: cannot keep a key in %s: %s", folder, error.strerror)
            return None
    return folder / CHAIN, folder / KEY


def _is_whole(folder: Path) -> bool:
    return (folder / CHAIN).is_file() and (folder / KEY).is_file()


def _make_own(folder: Path) -> None:
    """A root and a signing certificate under it, for this machine alone: both files at once, or none."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    root_key, own_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("OmniTalker on this machine, root", root_key, None, root_key)
    own = _certificate("OmniTalker on this machine", own_key, root, root_key)
    pem = serialization.Encoding.PEM
    private = own_key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    making = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        making.mkdir(parents=True, mode=0o700)
        (making / CHAIN).write_bytes(own.public_bytes(pem) + root.public_bytes(pem))
        descriptor = os.open(making / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(private)
        os.rename(making, folder)
    except OSError:
        if not _is_whole(folder):  # another process was first
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _certificate(
    name: str,
    key: EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    signer: EllipticCurvePrivateKey,
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now, is_root = datetime.now(timezone.utc), issuer is None
    usage = x509.KeyUsage(
        digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
    parent = signer.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(parent), critical=False)
    )
    if not is_root:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(signer, hashes.SHA256())
