"""The server: the protocol, and nothing else.

It reads no file but specs that a spec extends, within the limits of `samenet.paths`; texts come
from the editor.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec

from samenet import api, document
from samenet.diagnostics import Diagnostic, Severity, Span, SpecError
from samenet.language_server import completion, definitions, hover
from samenet.language_server.text import SpecText
from samenet.version import VERSION

DELAY = 0.2
"""Seconds without a change after which a text is checked."""

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
}


_Params = types.HoverParams | types.CompletionParams | types.DefinitionParams


def create() -> LanguageServer:
    """A server with all that it can do."""
    # Whole texts, since pygls counts other characters as ends of lines than TOML and JSON do.
    kind = types.TextDocumentSyncKind.Full
    server = LanguageServer("samenet", VERSION, text_document_sync_kind=kind)
    _check_texts(server)
    _answer(server)
    return server


def _check_texts(server: LanguageServer) -> None:
    """Publish what is wrong in each text that is open."""
    pending: dict[str, asyncio.Task[None]] = {}

    async def publish(uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        text = server.workspace.get_text_document(uri)
        codec = server.workspace.position_codec
        found = [shown(item, uri, text.source, codec) for item in diagnostics(uri, text.source)]
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, found, text.version)
        )

    def check(uri: str, delay: float) -> None:
        if (task := pending.pop(uri, None)) is not None:
            task.cancel()
        pending[uri] = asyncio.get_running_loop().create_task(publish(uri, delay))

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        check(params.text_document.uri, 0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        check(params.text_document.uri, DELAY)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(_: types.DidSaveTextDocumentParams) -> None:
        for uri in server.workspace.text_documents:  # they may extend what was saved
            check(uri, 0)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        if (task := pending.pop(params.text_document.uri, None)) is not None:
            task.cancel()
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(params.text_document.uri, [])
        )

    del opened, changed, saved, closed  # registered


def _answer(server: LanguageServer) -> None:
    """Answer what an editor asks about a place."""

    def place(params: _Params) -> tuple[SpecText, int, int]:
        uri = params.text_document.uri
        source = server.workspace.get_text_document(uri).source
        lines = source.split("\n")
        position = params.position
        if position.line >= len(lines):
            return spec_text(uri, source), len(lines), 1
        inside = types.Position(position.line, position.character)
        found = server.workspace.position_codec.position_from_client_units(lines, inside)
        return spec_text(uri, source), found.line + 1, found.character + 1

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(params: types.HoverParams) -> types.Hover | None:
        found = hover.hover(*place(params))
        content = types.MarkupContent(types.MarkupKind.Markdown, found)
        return types.Hover(content) if found else None

    triggers = types.CompletionOptions(trigger_characters=['"', "{", "="])

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, triggers)
    def completed(params: types.CompletionParams) -> list[types.CompletionItem]:
        return [_item(item) for item in completion.complete(*place(params))]

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def defined(params: types.DefinitionParams) -> types.Location | None:
        text, line, column = place(params)
        found = definitions.definition(text, line, column)
        if found is None:
            return None
        if found.file is None:
            uri, source = params.text_document.uri, text.text
        else:
            uri, source = from_fs_path(found.file) or "", _read(found.file)
        return types.Location(uri, span_range(found.span, source, server.workspace.position_codec))

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outlined(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        uri = params.text_document.uri
        text = spec_text(uri, server.workspace.get_text_document(uri).source)
        codec = server.workspace.position_codec
        return [_symbol(item, text.text, codec) for item in definitions.symbols(text)]

    del hovered, completed, defined, outlined  # registered


def diagnostics(uri: str, source: str) -> list[Diagnostic]:
    """What is wrong in a text, which need not be saved."""
    try:
        content = source.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        content = source.encode(errors="surrogatepass")
    try:
        return api.validate(document.parse(content, file=to_fs_path(uri), is_json=is_json(uri)))
    except SpecError as error:
        return list(error.diagnostics)


def spec_text(uri: str, source: str) -> SpecText:
    """The text of a file, as far as it can be read."""
    return SpecText.of(source, to_fs_path(uri), is_json=is_json(uri))


def is_json(uri: str) -> bool:
    """Whether a file is JSON, by its suffix."""
    return uri.lower().endswith(".json")


def shown(item: Diagnostic, uri: str, source: str, codec: PositionCodec) -> types.Diagnostic:
    """A diagnostic as an editor shows it, with the way out as its second line.

    One that stands in another file, which the spec extends, is shown at the beginning of the text
    and leads there.
    """
    span = item.span or definitions.START
    found = types.Diagnostic(
        range=span_range(span, source, codec),
        message=f"{item.message}\n{item.hint}" if item.hint else item.message,
        severity=_SEVERITIES[item.severity],
        code=item.code.number,
        source="samenet",
    )
    other = from_fs_path(item.file) if item.file and item.file != to_fs_path(uri) else None
    if other is None or item.file is None:
        return found
    place = types.Location(other, span_range(span, _read(item.file), codec))
    found.related_information = [types.DiagnosticRelatedInformation(place, item.message)]
    found.range = span_range(definitions.START, source, codec)
    found.message = f"{Path(item.file).name}: {found.message}"
    return found


def span_range(span: Span, source: str, codec: PositionCodec) -> types.Range:
    """A stretch of a text in the units of the editor."""
    lines = source.split("\n")
    ends = [
        codec.position_to_client_units(lines, types.Position(line - 1, column - 1))
        for line, column in ((span.line, span.column), (span.end_line, span.end_column))
    ]
    return types.Range(*ends)


def _item(item: completion.Item) -> types.CompletionItem:
    kind = types.CompletionItemKind
    return types.CompletionItem(
        item.label,
        kind=kind.Property if item.is_key else kind.Value,
        detail=item.detail or None,
        documentation=item.description or None,
        insert_text=item.text,
    )


def _symbol(item: definitions.Symbol, source: str, codec: PositionCodec) -> types.DocumentSymbol:
    place = span_range(item.span, source, codec)
    return types.DocumentSymbol(
        item.name, types.SymbolKind.Object, place, place, detail=item.detail or None
    )


def _read(file: str) -> str:
    """The text of a spec that another one extends, which was read before."""
    try:
        return Path(file).read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
