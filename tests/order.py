"""How several processes share the tests: what starts the same servers stays together, and what takes long goes first."""

import pytest

# The dearest first, so that none of them is what everybody waits for in the end; those that mostly wait beside others.
FIRST = ("tests/e2e/", "tests/sweeps/", "tests/faults/", "tests/run/", "tests/connecting/", "tests/services/")
# Files that share a browser or a running product.
TOGETHER = {
    "tests/e2e/": (
        "test_first_start.py",
    ),  # starts products of its own, as do the files of faults named here
    "tests/faults/": (
        "test_sends.py",
        "test_planted_bugs.py",
        "test_planted_send_bugs.py",
        "test_send_judge.py",
    ),
}


def unit_of(nodeid: str) -> str:
    """What one process runs on its own: a file, or a room whose files share what is dear."""
    file = nodeid.partition("::")[0]
    for room, alone in TOGETHER.items():
        if file.startswith(room) and file.removeprefix(room) not in alone:
            return room
    return file


def _place(item: pytest.Item) -> int:
    return next((place for place, room in enumerate(FIRST) if item.nodeid.startswith(room)), len(FIRST))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=_place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    from xdist.scheduler import LoadFileScheduling

    class ByUnit(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # it would put files with few tests last, and these take longest
    return ByUnit(config, log)
