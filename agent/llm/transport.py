"""HTTP to a model server: kept connections, one deadline for a whole answer, server-sent events.

Standard library on purpose: a read's timeout can be what is left of the call's time, which the usual
clients fix once per response, and a call costs a tenth of their overhead.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from parley.agent.llm.seam import ModelError, ModelTimeout

MAX_BODY = 32 * 2**20
"""Bytes of one answer; more than that is not an answer."""


class HttpFailure(ModelError):
    """The server said no, or nothing. `status` is 0 when no answer came."""

    def __init__(self, message: str, status: int, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def transient(self) -> bool:
        return self.status in (0, 408, 409, 425, 429) or self.status >= 500


class Transport:
    """Connections to one server, kept between calls and handed out to one caller at a time."""

    def __init__(self, base_url: str, headers: Mapping[str, str], *, keep: int = 64) -> None:
        """`base_url` includes the version, as in "http://localhost:8000/v1".

        Raises:
            ModelError: not an http(s) address.
        """
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelError(f"address {base_url!r} is no http(s) URL; write it like http://127.0.0.1:8000/v1")
        self.base_url = base_url
        try:
            self._host, self._port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise ModelError(f"address {base_url!r} has a port that is no number up to 65535") from None
        self._prefix = parts.path.rstrip("/")
        self._secure = parts.scheme == "https"
        self._proxy = urllib.request.getproxies().get(parts.scheme)
        if self._proxy and urllib.request.proxy_bypass(self._host):
            self._proxy = None
        self._headers = {"Content-Type": "application/json", "Accept": "*/*", **headers}
        self._idle: deque[http.client.HTTPConnection] = deque(maxlen=keep)
        self._lock = threading.Lock()

    def call(self, method: str, path: str, body: Any, deadline: float) -> Any:
        """One JSON answer.

        Raises:
            HttpFailure: no answer or an error status.
            ModelTimeout: the deadline passed.
        """
        data = b"".join(self.stream(method, path, body, deadline))
        try:
            return json.loads(data)
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise HttpFailure(f"{self.base_url} answered {path} with no JSON: {data[:80]!r}", 502) from None

    def events(self, path: str, body: Any, deadline: float) -> Iterator[Any]:
        """The JSON of each server-sent event until [DONE] or the end.

        Raises:
            HttpFailure: as `call`; also when the stream breaks off or holds an error.
        """
        rest = b""
        done = False
        stream = self.stream("POST", path, body, deadline)
        for chunk in stream:
            *lines, rest = (rest + chunk).split(b"\n")
            if rest.startswith(b"{") and not lines:
                continue
            for line in lines:
                if not line.startswith(b"data:"):
                    continue
                data = line[5:].strip()
                if data == b"[DONE]":
                    done = True
                    continue
                try:
                    event = json.loads(data)
                except (json.JSONDecodeError, UnicodeDecodeError):
                    raise HttpFailure(f"{self.base_url} sent an event that is no JSON: {data[:80]!r}", 502) from None
                if isinstance(event, dict) and event.get("error"):
                    raise HttpFailure(f"{self.base_url} failed while answering: {str(event['error'])[:200]}", 500)
                if not done:
                    yield event
        if rest.startswith(b"{"):
            yield from self._unstreamed(rest)

    def _unstreamed(self, body: bytes) -> Iterator[Any]:
        """A whole answer from a server that does not stream, as one event."""
        try:
            answer = json.loads(body)
            choice = answer["choices"][0]
            message = choice["message"]
        except (json.JSONDecodeError, UnicodeDecodeError, LookupError, TypeError):
            raise HttpFailure(f"{self.base_url} answered with no event: {body[:80]!r}", 502) from None
        yield {"choices": [{**choice, "delta": message}], "usage": answer.get("usage")}

    def stream(self, method: str, path: str, body: Any, deadline: float) -> Iterator[bytes]:
        """The body as it arrives. The connection is kept if the body was read to its end."""
        payload = None if body is None else json.dumps(body).encode()
        connection, response = self._send(method, path, payload, deadline)
        clean = False
        received = 0
        try:
            if response.status >= 400:
                raise self._refusal(response, path)
            while True:
                self._set_timeout(connection, response, deadline)
                chunk = response.read1(65536)
                if not chunk:
                    break
                received += len(chunk)
                if received > MAX_BODY:
                    raise HttpFailure(f"{self.base_url} sent more than {MAX_BODY:,} bytes", 502)
                yield chunk
            clean = True
        except TimeoutError:
            raise ModelTimeout(f"{self.base_url} did not finish in its time") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise HttpFailure(f"the connection to {self.base_url} broke: {error or type(error).__name__}", 0) from None
        finally:
            response.close()
            if clean and not response.will_close:
                with self._lock:
                    self._idle.append(connection)
            else:
                connection.close()

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def _send(
        self, method: str, path: str, payload: bytes | None, deadline: float
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Send on a kept connection; if that one has died meanwhile, once more on a fresh one."""
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        for candidate in (kept, None) if kept is not None else (None,):
            fresh = candidate is None
            connection = candidate or self._connect()
            left = deadline - time.monotonic()
            if left <= 0:
                connection.close()
                raise ModelTimeout(f"no time left to ask {self.base_url}")
            connection.timeout = left
            if connection.sock is not None:
                connection.sock.settimeout(left)
            try:
                connection.request(method, self._target(path), payload, self._headers)
                if connection.sock is not None:
                    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection, connection.getresponse()
            except TimeoutError:
                connection.close()
                raise ModelTimeout(f"{self.base_url} did not answer within {left:.0f} s") from None
            except (OSError, http.client.HTTPException, ValueError) as error:
                connection.close()
                if fresh or not isinstance(error, ConnectionError):
                    raise HttpFailure(f"cannot reach {self.base_url}: {error or type(error).__name__}", 0) from None
        raise HttpFailure(f"cannot reach {self.base_url}", 0)

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._host, self._port
        if self._proxy:
            proxy = urlsplit(self._proxy if "//" in self._proxy else f"//{self._proxy}")
            host, port = proxy.hostname or host, proxy.port or 8080
        if self._secure:
            secure = http.client.HTTPSConnection(host, port, context=ssl.create_default_context())
            if self._proxy:
                secure.set_tunnel(self._host, self._port)
            return secure
        return http.client.HTTPConnection(host, port)

    def _target(self, path: str) -> str:
        if self._proxy and not self._secure:
            return f"http://{self._host}:{self._port}{self._prefix}{path}"
        return self._prefix + path

    def _set_timeout(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse, deadline: float
    ) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise ModelTimeout(f"{self.base_url} did not finish in its time")
        if connection.sock is not None:
            connection.sock.settimeout(left)

    def _refusal(self, response: http.client.HTTPResponse, path: str) -> HttpFailure:
        body = response.read(4096).decode("utf-8", errors="replace")
        try:
            said = json.loads(body)
            error = said.get("error", said) if isinstance(said, dict) else said
            text = str(error.get("message", error) if isinstance(error, dict) else error)
        except json.JSONDecodeError:
            text = body
        hint = {401: "; set OPENAI_API_KEY", 403: "; set OPENAI_API_KEY", 404: "; check the address and model name"}
        after = response.getheader("Retry-After", "")
        return HttpFailure(
            f"{self.base_url}{path} answered {response.status}: {' '.join(text.split())[:200]}"
            + hint.get(response.status, ""),
            response.status,
            retry_after_s=float(after) if after.replace(".", "", 1).isdigit() else None,
        )
