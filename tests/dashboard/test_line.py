"""The line to the broker: who is let in, and what is said when it breaks."""

from contextlib import closing

import pytest

from tests.dashboard.stand_in import StandIn


def controls(page):
    return [button.is_enabled() for button in page.all("fieldset.reach button:not(.threshold button)")]


@pytest.mark.usefixtures("door")
def test_a_lost_broker_is_said_and_nothing_can_be_asked_until_it_is_back(page, broker):
    page.enter("back")
    broker.kill()
    page.shows("#banner")
    page.says(".last-known", "last known, ")
    assert not any(controls(page))
    broker.start()
    page.until(page.is_current)
    assert not page.seen("#banner")
    assert all(controls(page))


@pytest.mark.usefixtures("door")
def test_a_broker_that_hangs_is_given_up(page, broker):
    page.enter("back")
    broker.hang()
    page.until(lambda: page.seen("#banner"), seconds=60)
    assert not any(controls(page))
    broker.kill()


def test_what_was_asked_when_the_line_broke_is_not_asked_again(page, broker, door):
    door.is_mute = True
    page.enter("back")
    page.click('[data-verb="unlock"]')
    door.wait_for("unlock")
    broker.kill()
    page.says('[data-answer="bolt"]', "not known")
    broker.start()
    page.until(page.is_current)
    assert [verb for verb, _ in door.asked] == ["unlock"]


def test_a_broker_that_is_back_without_its_memory_leaves_the_door_as_last_known(page, broker, door):
    page.enter("back")
    door.close()
    broker.kill()
    page.shows("#banner")
    broker.start()
    page.says(".last-known", "waiting for the door")
    assert page.browser.title.startswith("back not known")
    assert not any(controls(page))


def test_a_wrong_password_is_told_and_the_right_one_lets_in(locked_page):
    locked_page.open()
    locked_page.sign_in(user="petdoor", password="meow")
    locked_page.says(".fault", "does not let this name and password in")
    locked_page.sign_in(password="woof")
    locked_page.says("#broker-words", "Connected")


def test_a_broker_that_is_not_there_is_told(page):
    page.open()
    page.sign_in(broker="ws://127.0.0.1:9/")
    page.says(".fault", "No broker answers at ws://127.0.0.1:9/")


def test_an_address_or_base_that_cannot_be_is_told_before_it_is_tried(page):
    page.open()
    page.sign_in(broker="http://127.0.0.1/")
    page.says(".fault", "begins with ws:// or wss://")
    page.sign_in(broker="ws://127.0.0.1:9/", base="pet/#")
    page.says(".fault", "no + or #")


def test_a_password_is_forgotten_with_the_tab_unless_it_is_to_be_remembered(locked_page):
    locked_page.open()
    locked_page.sign_in(user="petdoor", password="woof")
    locked_page.says("#broker-words", "Connected")
    assert locked_page.keeps("sessionStorage")["password"] == "woof"
    assert locked_page.keeps("localStorage") is None
    locked_page.click("#sign-out")
    locked_page.click("#remember")
    locked_page.sign_in(user="petdoor", password="woof")
    locked_page.says("#broker-words", "Connected")
    assert locked_page.keeps("localStorage")["password"] == "woof"


@pytest.mark.usefixtures("door")
def test_a_page_that_is_loaded_anew_signs_in_by_itself(page):
    page.enter("back")
    page.browser.refresh()
    page.until(page.is_current)


@pytest.mark.usefixtures("door")
def test_signing_out_leaves_nothing_behind(page):
    page.enter("back")
    page.click("#sign-out")
    page.shows("#sign-in")
    assert page.keeps("sessionStorage") is page.keeps("localStorage") is None
    assert page.texts(".name") == []


def test_a_base_without_doors_is_said_to_have_none(page, broker):
    with closing(StandIn(broker.port, base="elsewhere")):
        page.enter()
        page.says("#nothing", "No door has said a word below petdoor/")
