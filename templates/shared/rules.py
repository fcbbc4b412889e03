"""What holds for a weight: a dictionary by names, and by the paths of exceptions."""

from collections.abc import Mapping
from typing import Any


def rule(rules: Mapping[str, Any], path: str) -> Any:
    """What is said of a weight by its path, else by its name, else None."""
    return rules[path] if path in rules else rules.get(path.rpartition("/")[2])
