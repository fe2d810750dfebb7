import threading
from contextlib import contextmanager
from functools import partial

from petdoor.errands import Errands, is_done


@contextmanager
def errands():
    errands = Errands("petdoor-tests")
    yield errands
    assert errands.close(15)


def test_they_are_done_one_after_another_and_say_what_they_came_to():
    done = []
    with errands() as each:
        waiting = [each.do(lambda number=number: done.append(number) or number) for number in range(5)]
        assert [errand.result(15) for errand in waiting] == done == list(range(5))


def test_the_same_is_not_done_twice_where_once_will_do():
    done, goes_on, began = [], threading.Event(), threading.Event()

    def again():
        done.append("again")

    with errands() as each:
        each.do(lambda: began.set() or goes_on.wait())
        assert began.wait(15)
        assert each.do(again) is each.do(again)
        goes_on.set()
        assert is_done(each.do(again), within_seconds=15)
    assert 1 <= len(done) <= 2


def test_how_long_it_has_been_at_one_is_known_while_it_lasts():
    goes_on = threading.Event()
    with errands() as each:
        assert each.lasting_seconds == 0
        errand = each.do(goes_on.wait)
        while each.lasting_seconds < 0.05:
            assert not is_done(errand, within_seconds=0.01)
        goes_on.set()
        assert is_done(errand, within_seconds=15)
        assert each.lasting_seconds == 0


def test_what_is_unforeseen_is_told_and_the_next_is_done(caplog):
    with errands() as each:
        assert not is_done(each.do(lambda: 1 // 0), within_seconds=15)
        assert each.do(lambda: 7).result(15) == 7
    assert "ZeroDivisionError" in caplog.text


def test_closing_waits_for_what_waits_and_nothing_is_done_later():
    done = []
    each = Errands("petdoor-tests")
    each.do(lambda: done.append(1))
    assert each.close(15)
    assert not is_done(each.do(lambda: done.append(2)), within_seconds=15)
    assert each.close(15)
    assert done == [1]


def test_one_that_does_not_end_is_waited_for_no_longer_than_said_and_is_the_last():
    done, goes_on, began = [], threading.Event(), threading.Event()
    each = Errands("petdoor-tests")
    each.do(lambda: began.set() or goes_on.wait())
    assert began.wait(15)
    waiting = each.do(lambda: done.append("waiting"))
    last = partial(done.append, "last")
    assert not each.close(0.01, last=last)
    assert waiting.cancelled()
    goes_on.set()
    assert each.close(15, last=last)
    assert done == ["last"]


def test_one_that_comes_while_it_ends_does_not_keep_what_waits_from_being_done():
    done, goes_on = [], threading.Event()
    each = Errands("petdoor-tests")

    def write():
        done.append("write")

    each.do(goes_on.wait)
    waiting = each.do(write)
    closing = threading.Thread(target=each.close, args=(15,), kwargs={"last": lambda: done.append("last")})
    closing.start()
    while not each.do(write).cancelled():
        pass
    goes_on.set()
    closing.join(15)
    assert (waiting.result(15), done) == (None, ["write", "last"])
