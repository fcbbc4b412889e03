"""The version, in one place: packaging, headers of programs and `--version` read it here."""

VERSION = "0.1.0"
