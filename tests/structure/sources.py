"""The source files that the structural tests read, and what they have in common."""

import ast
from collections.abc import Iterator
from pathlib import Path

from nimbus.settings_kinds import CHECKOUT

ROOT = CHECKOUT
Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*folders: str, root: Path = ROOT) -> list[Path]:
    """Every Python file below these folders of a tree."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def functions(path: Path) -> Iterator[Function]:
    """Every function of a file, methods and inner ones included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines from `def` to the end, the docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def imported(path: Path, root: Path = ROOT) -> Iterator[str]:
    """Dotted names that a file imports anywhere, inside functions too: `nimbus.rules.rotation.choose`."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join((*start, *([node.module] if node.module else [])))
            yield from (f"{module}.{alias.name}" for alias in node.names)
