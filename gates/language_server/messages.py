"""Messages of JSON-RPC between an editor and the server, each behind a header with its length."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from gates.errors import UsageError

Message = dict[str, Any]
MAX_BYTES = 64 * 1024 * 1024
"""Of one message; editors send whole texts."""
_MAX_HEADER = 1024


def read_message(stream: BinaryIO) -> Message | None:
    """The next message; None at the end of the stream.

    Raises `UsageError` for what is no message: where one ends and the next begins is then unknown.
    """
    length = None
    while (line := stream.readline(_MAX_HEADER)) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
    if line == b"" and length is None:
        return None
    if length is None or length > MAX_BYTES:
        raise UsageError("the editor sent a message without a usable Content-Length")
    data = stream.read(length)
    if len(data) < length:
        return None
    try:
        message = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the editor sent a message that is no JSON: {error}") from error
    if not isinstance(message, dict):
        raise UsageError("the editor sent a message that is no JSON object")
    return message


def write_message(stream: BinaryIO, message: Message) -> None:
    """Send a message; the version of JSON-RPC is added."""
    data = json.dumps({"jsonrpc": "2.0", **message}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
    stream.flush()
