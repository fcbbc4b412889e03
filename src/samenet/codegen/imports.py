"""The imports of a program: of a fixed list, those whose names the program uses."""

from __future__ import annotations

import sys

from samenet.codegen.emission import Source
from samenet.codegen.helpers import names_in

ALLOWED = {
    "argparse": ("argparse", None),
    "csv": ("csv", None),
    "hashlib": ("hashlib", None),
    "io": ("io", None),
    "json": ("json", None),
    "math": ("math", None),
    "os": ("os", None),
    "pickle": ("pickle", None),
    "sys": ("sys", None),
    "zlib": ("zlib", None),
    "Callable": ("collections.abc", "Callable"),
    "Iterable": ("collections.abc", "Iterable"),
    "Iterator": ("collections.abc", "Iterator"),
    "Mapping": ("collections.abc", "Mapping"),
    "Sequence": ("collections.abc", "Sequence"),
    "contextmanager": ("contextlib", "contextmanager"),
    "dataclass": ("dataclasses", "dataclass"),
    "UTC": ("datetime", "UTC"),
    "datetime": ("datetime", "datetime"),
    "fnmatchcase": ("fnmatch", "fnmatchcase"),
    "partial": ("functools", "partial"),
    "pairwise": ("itertools", "pairwise"),
    "Path": ("pathlib", "Path"),
    "Any": ("typing", "Any"),
    "ClassVar": ("typing", "ClassVar"),
    "NamedTuple": ("typing", "NamedTuple"),
    "BadZipFile": ("zipfile", "BadZipFile"),
    "ZipFile": ("zipfile", "ZipFile"),
    "np": ("numpy", None),
    "Image": ("PIL", "Image"),
    "pl": ("polars", None),
    "SummaryWriter": ("tensorboardX", "SummaryWriter"),
    "keras": ("keras", None),
    "layers": ("keras", "layers"),
    "ops": ("keras", "ops"),
    "torch": ("torch", None),
    "dist": ("torch.distributed", None),
    "DistributedDataParallel": ("torch.nn.parallel", "DistributedDataParallel"),
    "Tensor": ("torch", "Tensor"),
    "nn": ("torch", "nn"),
    "F": ("torch.nn", "functional"),
}
"""What a name in a program stands for: (module, None) or (module, member)."""


def imports(body: str) -> Source:
    """The import statements that a program's text needs, sorted as ruff sorts them."""
    used = sorted(names_in(body) & ALLOWED.keys())
    sections = (
        [name for name in used if _is_standard(name)],
        [name for name in used if not _is_standard(name)],
    )
    return Source("\n\n".join(_section(names) for names in sections if names))


def _is_standard(name: str) -> bool:
    return ALLOWED[name][0].split(".")[0] in sys.stdlib_module_names


def _section(names: list[str]) -> str:
    modules = sorted((ALLOWED[name][0], name) for name in names if ALLOWED[name][1] is None)
    lines = [
        f"import {module}" + (f" as {name}" if name != module else "") for module, name in modules
    ]
    members: dict[str, list[str]] = {}
    for name in names:
        module, member = ALLOWED[name]
        if member is not None:
            text = member if member == name else f"{member} as {name}"
            members.setdefault(module, []).append(text)
    for module in sorted(members, key=str.lower):
        ordered = sorted(members[module], key=lambda text: (not text[0].isupper(), text))
        lines.append(f"from {module} import {', '.join(ordered)}")
    return "\n".join(lines)
