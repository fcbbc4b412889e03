"""What an editor asks about a spec while it is written, over the Language Server Protocol.

`text` is a spec as it stands in an editor, perhaps broken; `vocabulary` what may be said at a place
of it; `hover`, `completion` and `definitions` are functions of a text and a place. Only `server`
knows the protocol.
"""
