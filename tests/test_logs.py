import io
import logging
import re

import pytest

from petdoor import logs

log = logging.getLogger("petdoor.somewhere")
JOURNAL = {"JOURNAL_STREAM": "8:1234"}


@pytest.fixture(autouse=True)
def root_logger():
    """Logging as a fresh process finds it, and afterwards as the test run had it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(environ, act, level="debug"):
    stream = io.StringIO()
    logs.configure(level, stream, environ)
    act()
    return stream.getvalue()


@pytest.mark.parametrize(
    ("level", "priority"),
    [
        (logging.DEBUG, 7),
        (logging.INFO, 6),
        (logging.WARNING, 4),
        (logging.ERROR, 3),
        (logging.CRITICAL, 2),
        (logging.INFO + 1, 6),
    ],
)
def test_journald_gets_the_priority_in_front_and_no_time(level, priority):
    assert logged(JOURNAL, lambda: log.log(level, "the %s", "bolt")) == f"<{priority}>the bolt\n"


def test_every_line_of_a_message_has_its_priority():
    text = logged(JOURNAL, lambda: log.warning("one\ntwo\n\nfour"))
    assert text.splitlines() == ["<4>one", "<4>two", "<4>", "<4>four"]


def test_every_line_of_a_traceback_has_its_priority():
    text = logged(JOURNAL, lambda: log.error("it broke", exc_info=ValueError("why")))
    lines = text.splitlines()
    assert lines[0] == "<3>it broke"
    assert lines[-1] == "<3>ValueError: why"
    assert all(line.startswith("<3>") for line in lines)


def test_people_get_time_and_level():
    text = logged({}, lambda: log.warning("the bolt"))
    assert re.fullmatch(r"\d\d:\d\d:\d\d WARNING the bolt\n", text)


def test_messages_line_up_below_each_other():
    lines = logged({}, lambda: (log.info("bolt"), log.warning("bolt"))).splitlines()
    assert lines[0].index("bolt") == lines[1].index("bolt")


def test_records_below_the_level_are_left_out():
    def act():
        log.info("too quiet")
        log.warning("loud enough")

    text = logged(JOURNAL, act, level="warning")
    assert text == "<4>loud enough\n"


def test_configuring_twice_does_not_say_everything_twice():
    logs.configure("info", io.StringIO(), {})
    assert logged(JOURNAL, lambda: log.info("once")) == "<6>once\n"
