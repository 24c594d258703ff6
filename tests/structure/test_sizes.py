"""The house limits: what grows beyond them knows two things."""

import pytest

from tests.structure.sources import ROOT, functions, length, python_files

MODULE, FUNCTION, TEST_FUNCTION, TEMPLATE, PARTIAL = 300, 40, 25, 150, 60


def lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def too_long(paths, limit):
    return [f"{path.relative_to(ROOT)}: {lines(path)}" for path in paths if lines(path) > limit]


def long_functions(paths, limit, prefix=""):
    return [
        f"{path.relative_to(ROOT)}: {function.name} {length(function)}"
        for path in paths
        for function in functions(path)
        if function.name.startswith(prefix) and length(function) > limit
    ]


def test_no_module_is_longer_than_300_lines():
    assert too_long(python_files("nimbus", "jobs", "tests"), MODULE) == []


def test_no_function_is_longer_than_40_lines():
    assert long_functions(python_files("nimbus", "jobs"), FUNCTION) == []


def test_no_test_is_longer_than_25_lines():
    assert long_functions(python_files("tests"), TEST_FUNCTION, prefix="test_") == []


@pytest.mark.parametrize(("pattern", "limit"), [("*.*", TEMPLATE), ("_*.*", PARTIAL)])
def test_no_template_outgrows_its_limit(pattern, limit):
    assert too_long(sorted((ROOT / "templates").rglob(pattern)), limit) == []
