"""The server as an editor sees it: a process that is talked to over its standard streams."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.specs import ROOT

BASIC = (ROOT / "specs" / "basic.net.toml").read_text(encoding="utf-8")
SMALL = 'version = 1\nname = "😀"  # ü\n\n[input]\nshape = [2]\n'


class Client:
    """Messages of JSON-RPC, each behind its length."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process, self.number = process, 0
        self.published: list[Any] = []

    def send(self, method: str, params: Any, **more: Any) -> None:
        content = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more})
        data = content.encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.process.stdin.flush()

    def receive(self) -> Any:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline().strip()) or not length:
            name, _, value = line.partition(b":")
            assert name, "the server has ended"
            length = int(value) if name.lower() == b"content-length" else length
        return json.loads(self.process.stdout.read(length))

    def ask(self, method: str, params: Any) -> Any:
        self.number += 1
        self.send(method, params, id=self.number)
        while True:
            message = self.receive()
            if message.get("id") == self.number and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self.note(message)

    def note(self, message: Any) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            self.published.append(message["params"])

    def diagnostics(self) -> Any:
        while not self.published:
            self.note(self.receive())
        return self.published.pop(0)

    def at(self, method: str, uri: str, line: int, character: int) -> Any:
        position = {"line": line, "character": character}
        params = {"textDocument": {"uri": uri}, "position": position}
        return self.ask(f"textDocument/{method}", params)

    def open(self, uri: str, text: str) -> Any:
        document = {"uri": uri, "languageId": "toml", "version": 1, "text": text}
        self.send("textDocument/didOpen", {"textDocument": document})
        return self.diagnostics()

    def change(self, uri: str, version: int, text: str) -> None:
        document = {"uri": uri, "version": version}
        params = {"textDocument": document, "contentChanges": [{"text": text}]}
        self.send("textDocument/didChange", params)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    command = [sys.executable, "-m", "samenet", "lsp", "--stdio"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path
    ) as process:
        client = Client(process)
        found = client.ask(
            "initialize",
            {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {}},
        )
        capabilities = found["capabilities"]
        assert capabilities["positionEncoding"] == "utf-16"
        assert capabilities["textDocumentSync"]["change"] == 1
        for name in ("hover", "definition", "documentSymbol"):
            assert capabilities[f"{name}Provider"]
        client.send("initialized", {})
        yield client
        client.ask("shutdown", None)
        client.send("exit", None)
        assert process.wait(10) == 0


@pytest.mark.slow
def test_a_session(client: Client, tmp_path: Path) -> None:
    uri = (tmp_path / "basic.net.toml").as_uri()
    lines = BASIC.split("\n")
    assert client.open(uri, BASIC)["diagnostics"] == []

    # What is typed is checked without being saved; only the last of quick changes counts.
    number = next(i for i, line in enumerate(lines) if line.startswith("units"))
    for version, value in ((2, '"1'), (3, '"12"'), (4, "-1")):
        broken = [*lines[:number], f"units = {value}", *lines[number + 1 :]]
        client.change(uri, version, "\n".join(broken))
    published = client.diagnostics()
    assert published["version"] == 4
    (item,) = published["diagnostics"]
    assert (item["code"], item["severity"], item["source"]) == ("SN104", 1, "samenet")
    assert item["range"]["start"] == {"line": number, "character": 8}
    assert not (tmp_path / "basic.net.toml").exists()

    client.change(uri, 5, BASIC)
    assert client.diagnostics()["diagnostics"] == []
    assert "units" in client.at("hover", uri, number, 2)["contents"]["value"]
    client.change(uri, 6, BASIC.replace(lines[number], "\n"))
    found = client.at("completion", uri, number, 0)
    assert "units" in {item["label"] for item in found}
    symbols = client.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert "optimizer" in {symbol["name"] for symbol in symbols}
    assert client.at("definition", uri, 10_000, 10_000) is None

    client.send("textDocument/didClose", {"textDocument": {"uri": uri}})


def test_columns_are_units_of_utf16(client: Client) -> None:
    uri = "untitled:new.net.toml"
    text = SMALL.replace('"😀"', '{ "😀" = 1, b = 2 }')
    (found,) = [
        item
        for item in client.open(uri, text)["diagnostics"]
        if item["range"]["start"]["line"] == 1
    ]
    # 😀 is one code point, and two units.
    assert found["range"]["start"]["character"] == len("name = ")
    assert found["range"]["end"]["character"] == len('name = { "😀" = 1, b = 2 }') + 1


def test_mistakes_in_what_is_extended_lead_there(client: Client, tmp_path: Path) -> None:
    base = tmp_path / "base.net.toml"
    base.write_text(BASIC.replace('type = "adam"', 'type = "adamm"'), encoding="utf-8")
    uri = (tmp_path / "top.net.toml").as_uri()
    (item,) = client.open(uri, 'extends = "base.net.toml"\n')["diagnostics"]
    assert item["message"].startswith("base.net.toml: ")
    (related,) = item["relatedInformation"]
    assert related["location"]["uri"] == base.as_uri()
    assert related["location"]["range"]["start"]["line"] > 0


def test_without_pygls_it_says_how_to_install_it() -> None:
    code = (
        "import sys; sys.modules['pygls'] = None\n"
        "from samenet.cli import main; main(['lsp'], prog_name='samenet')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 3
    assert ended.stderr == (
        "error: pygls is not installed; install it: pip install 'samenet[lsp]'\n"
    )
