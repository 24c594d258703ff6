"""Changes one number of one module of the rules at a time, and runs that module's tests against it without pytest.

What a change can reach is loaded afresh; all else stays as it is loaded. Properties are left out: what chance finds is
no proof of a number. So are noughts, places of a list and of rounding, which are no numbers of a model.
"""

import ast
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import product
from types import CodeType, ModuleType
from typing import NamedTuple

from tests.structure.sources import ROOT, imported, python_files

PACKAGES = ("nimbus.rules.", "tests.rules.")


class Mutant(NamedTuple):
    """A module with one other number, and the line that it stands in."""

    module: str
    line: str
    before: float
    after: float
    code: CodeType


def mutants(module: str) -> Iterator[Mutant]:
    """Every number of a module, once larger and once smaller: whole ones by 1, others by a tenth."""
    tree, lines = _parsed(module)
    for node in _numbers(tree):
        before, line = node.value, lines[node.lineno - 1].strip()
        step = 1 if isinstance(before, int) else before / 10
        for after in (before + step, before - step):
            node.value = after
            yield Mutant(module, line, before, after, compile(tree, module, "exec"))
        node.value = before


def survives(mutant: Mutant, tests: tuple[str, ...]) -> bool:
    """Whether all these test modules pass in spite of the change."""
    with Fresh(mutant.module, mutant.code):
        try:
            for name in tests:
                run(import_module(name))
        except Exception:  # noqa: BLE001 - however it fails, the change was noticed
            return False
    return True


def run(module: ModuleType) -> None:
    """Call every plain test of a module with every set of its parameters."""
    for name, test in list(vars(module).items()):
        if name.startswith("test_") and not hasattr(test, "is_hypothesis_test"):
            for arguments in _arguments(test):
                test(**arguments)


class Fresh(MetaPathFinder, Loader):
    """Within it a module has other code, and what depends on it is loaded anew."""

    compiled: dict[str, CodeType] = {}  # noqa: RUF012 - shared: files do not change while tests run

    def __init__(self, module: str, code: CodeType) -> None:
        self.module, self.code, self.anew = module, code, dependents(module)

    def __enter__(self) -> None:
        self.kept = self._take_out()
        sys.meta_path.insert(0, self)

    def __exit__(self, *_error: object) -> None:
        sys.meta_path.remove(self)
        self._take_out()
        for name, module in self.kept.items():
            package, _, short = name.rpartition(".")
            sys.modules[name] = module
            setattr(sys.modules[package], short, module)

    def find_spec(self, fullname, _path=None, _target=None):
        return ModuleSpec(fullname, self) if fullname in self.anew else None

    def create_module(self, _spec):
        return None

    def exec_module(self, module):
        exec(self.code if module.__name__ == self.module else self._code(module.__name__), vars(module))

    def _code(self, name: str) -> CodeType:
        if name not in self.compiled:
            self.compiled[name] = compile(_parsed(name)[0], name, "exec")
        return self.compiled[name]

    def _take_out(self) -> dict[str, ModuleType]:
        taken = {name: sys.modules.pop(name) for name in self.anew if name in sys.modules}
        for name in taken:
            package, _, short = name.rpartition(".")
            vars(sys.modules[package]).pop(short, None)  # `from package import module` looks there first
        return taken


def dependents(module: str) -> set[str]:
    """A module with all rules and tests of rules that come to import it."""
    found, grown = set(), {module}
    while found != grown:
        found = grown
        grown = found | {name for name, imports in _imports().items() if imports & found}
    return found


_known: dict[str, set[str]] = {}


def _imports() -> dict[str, set[str]]:
    if not _known:
        for path in python_files("nimbus/rules", "tests/rules"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            dotted = [each for each in imported(path) if each.startswith(PACKAGES)]
            _known[name] = {".".join(each.split(".")[:3]) for each in dotted}
    return _known


def _parsed(name: str) -> tuple[ast.Module, list[str]]:
    text = (ROOT / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")
    return ast.parse(text), text.splitlines()


def _numbers(tree: ast.Module) -> list[ast.Constant]:
    plumbing = set()
    for node in ast.walk(tree):
        is_rounding = (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round"
        )
        inner = node.args[1:] if is_rounding else [node.slice] if isinstance(node, ast.Subscript) else []
        plumbing |= {id(each) for outer in inner for each in ast.walk(outer)}
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and type(node.value) in {int, float}
        and node.value
        and id(node) not in plumbing
    ]


def _arguments(test) -> Iterator[dict[str, object]]:
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    for chosen in product(*(_sets(*mark.args) for mark in marks)):
        yield {name: value for one in chosen for name, value in one.items()}


def _sets(names, values) -> list[dict[str, object]]:
    if isinstance(names, str):
        return [{names: value} for value in values]
    return [dict(zip(names, row, strict=True)) for row in values]
