"""What can be asked of a door from the dashboard, and what is said of the answer."""


def mode_shown(page):
    return page.texts('[data-mode][aria-pressed="true"] b')


def test_a_mode_is_asked_for_and_shown_once_the_door_has_it(page, door):
    page.enter("back")
    page.click('[data-mode="observe"]')
    assert door.wait_for("mode")["value"] == "observe"
    page.says('[data-answer="mode"]', "Done.")
    page.until(lambda: mode_shown(page) == ["Observe"])


def test_a_refusal_is_shown_with_its_reason_and_the_state_stays_the_doors(page, door):
    door.refusal = "the settings forbid it"
    page.enter("back")
    page.click('[data-mode="unlocked"]')
    page.says('[data-answer="mode"]', "Refused: the settings forbid it")
    assert mode_shown(page) == ["Automatic"]


def test_no_answer_is_said_too_and_that_to_somebody_else_is_none(page, door):
    door.is_mute = True
    page.enter("back")
    page.click('[data-verb="unlock"]')
    door.wait_for("unlock")
    door.tell("response/unlock", {"data": {}, "status": "ok", "transaction": "another's"})
    page.says('[data-answer="bolt"]', "No answer within 5 s")
    assert page.texts(".bolt-word strong") == ["Locked"]


def test_the_door_is_unlocked_and_locked(page, door):
    page.enter("back")
    page.click('[data-verb="unlock"]')
    page.says(".bolt-word strong", "Unlocked")
    page.click('[data-verb="lock"]')
    page.says(".bolt-word strong", "Locked")
    assert "value" not in door.wait_for("unlock")


def test_the_curfew_is_suspended_and_counts_again(page, door):
    page.enter("back")
    for expected in ("false", "true"):
        page.click(".switch")
        page.until(lambda expected=expected: page.find(".switch").get_attribute("aria-checked") == expected)
    assert door.wait_for("curfew")["value"] == "OFF"


def test_the_threshold_is_set_only_by_its_button(page, door):
    page.enter("back")
    page.find(".threshold input").send_keys("\ue014\ue014")  # the right arrow key, twice
    page.says(".threshold button", "Set 0.70")
    assert door.asked == []
    page.click(".threshold button")
    page.says(".reported", "0.7")
    assert door.wait_for("threshold")["value"] == 0.7


def test_without_a_threshold_there_is_none_to_set(page, door):
    door.tell("threshold/state", "")
    page.enter("back")
    assert not page.seen(".threshold")


def test_an_emergency_takes_a_second_thought(page, door):
    page.enter("back")
    page.click(".emergency button")
    page.shows("dialog")
    assert page.browser.switch_to.active_element.text == "Leave it as it is"
    page.click("dialog .cancel")
    assert door.asked == []
    page.click(".emergency button")
    page.click("dialog .sure")
    assert door.wait_for("emergency")["value"] == "ON"
    page.says(".emergency button", "End the emergency")


def test_an_emergency_is_ended_without_one(page, door):
    door.tell("emergency/state", "ON")
    page.enter("back")
    page.says(".emergency button", "End the emergency")
    page.click(".emergency button")
    assert door.wait_for("emergency")["value"] == "OFF"
    page.says(".emergency button", "Hold open")


def test_a_newer_model_is_offered_and_loaded(page, door):
    door.tell("model/state", {"installed_version": "sha256:a", "latest_version": "sha256:b", "title": ""})
    page.enter("back")
    page.click(".model button")
    door.wait_for("model")
    page.says('[data-answer="model"]', "Done.")
