"""A proxy before the emulator that notes each call as the right that it needs: an action, and what it is done to."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ACCOUNT, REGION = "123456789012", "us-east-1"
# Statistics of columns are covered by the rights to the table.
SAME_RIGHT = {
    "UpdateColumnStatisticsForTable": "UpdateTable",
    "DeleteColumnStatisticsForTable": "UpdateTable",
    "GetColumnStatisticsForTable": "GetTable",
}
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True)
class Call:
    """What a request needs the right to."""

    action: str
    """Such as `s3:GetObject`."""
    target: str
    """The ARN of what it is done to."""


@dataclass
class Recorder:
    """The calls that went through the proxy."""

    endpoint: str
    calls: list[Call] = field(default_factory=list)

    def taken(self) -> frozenset[Call]:
        """The calls since the last time, each once."""
        found = frozenset(self.calls)
        self.calls.clear()
        return found


@contextmanager
def recording(emulator: str) -> Iterator[Recorder]:
    """A proxy on a free port, which ends with the block."""
    upstream = urlsplit(emulator)
    assert upstream.hostname
    assert upstream.port

    class Handler(_Handler):
        host, port = str(upstream.hostname), int(upstream.port or 0)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorder = Recorder(f"http://127.0.0.1:{server.server_address[1]}")
    Handler.recorder = recorder
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host: str
    port: int
    recorder: Recorder

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _pass_on(self) -> None:
        body = self._body()
        self.recorder.calls.extend(rights_of_request(self.command, self.path, dict(self.headers), body))
        upstream = HTTPConnection(self.host, self.port)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            if body or self.command in ("PUT", "POST"):
                headers["Content-Length"] = str(len(body))
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", length or str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        finally:
            upstream.close()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815 - http.server's names

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)


def rights_of_request(method: str, path: str, headers: dict[str, str], body: bytes) -> Iterator[Call]:
    """The rights that a request needs, by IAM's service authorization reference."""
    lower = {name.lower(): value for name, value in headers.items()}
    service, _, operation = lower.get("x-amz-target", "").rpartition(".")
    if service == "AWSGlue":
        yield from _of_glue(SAME_RIGHT.get(operation, operation), json.loads(body))
    elif service == "secretsmanager":
        secret = json.loads(body)["SecretId"]
        yield Call(f"secretsmanager:{operation}", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{secret}")
    elif operation:
        raise AssertionError(f"no rights are known for {service}.{operation}")
    else:
        yield from _of_s3(method, path, lower, body)


def _of_glue(operation: str, asked: dict[str, Any]) -> Iterator[Call]:
    """Glue wants the right to the catalog, to the database and to the table."""
    database = asked.get("DatabaseName") or asked.get("DatabaseInput", {}).get("Name")
    table = asked.get("TableName") or asked.get("TableInput", {}).get("Name")
    if database and not table and operation in ("GetTable", "DeleteTable"):
        table = asked["Name"]
    if operation in ("GetTables", "BatchDeleteTable"):
        table = "*"
    if operation in ("GetDatabase", "UpdateDatabase"):
        database = asked["Name"]
    place = f"arn:aws:glue:{REGION}:{ACCOUNT}"
    yield Call(f"glue:{operation}", f"{place}:catalog")
    if database:
        yield Call(f"glue:{operation}", f"{place}:database/{database}")
    if table:
        yield Call(f"glue:{operation}", f"{place}:table/{database}/{table}")


def _of_s3(method: str, path: str, headers: dict[str, str], body: bytes) -> Iterator[Call]:
    parts = urlsplit(path)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    asked = parse_qs(parts.query, keep_blank_values=True)
    thing = f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")
    if not key and "delete" in asked:
        for deleted in re.findall(rb"<Key>(.*?)</Key>", body):
            yield Call("s3:DeleteObject", f"arn:aws:s3:::{bucket}/{deleted.decode()}")
    elif not key and "uploads" in asked:
        yield Call("s3:ListBucketMultipartUploads", thing)
    elif not key:
        yield Call("s3:ListBucket", thing)
    elif method in ("GET", "HEAD"):
        yield Call("s3:GetObject", thing)
    elif method == "DELETE":
        yield Call("s3:AbortMultipartUpload" if "uploadId" in asked else "s3:DeleteObject", thing)
    else:
        yield Call("s3:PutObject", thing)
        if source := headers.get("x-amz-copy-source"):
            yield Call("s3:GetObject", f"arn:aws:s3:::{unquote(source).lstrip('/')}")
