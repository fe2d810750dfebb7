"""The dashboard before a real door: its loop, what it steers by, and what it tells the broker."""

import queue
import threading
import time
from contextlib import closing

import pytest

from petdoor.core.modes import Mode
from petdoor.core.parts import Parts
from petdoor.core.policy import Policy
from petdoor.core.ports import Forgetful, Frame
from petdoor.core.species import ClassRange, MassRule
from petdoor.core.steering import Steering
from petdoor.daemon import Daemon
from petdoor.errors import ModelError
from tests.fakes import EchoClassifier, RecordingLatch, ScriptedRenewal
from tests.mqtt.test_publisher import publisher

DOG, CAT = [0.9, 0.05, 0.05], [0.05, 0.9, 0.05]
RULE = MassRule({"dog": (ClassRange(0, 0),), "cat": (ClassRange(1, 1),)}, 0.68)
POLICY = Policy(unlock_seconds=0.5, linger_seconds=0.0, refractory_seconds=0.0, emergency_seconds=60.0)


class FedCamera:
    """Shows what it is fed, each once."""

    def __init__(self):
        self._shown = queue.SimpleQueue()

    def shows(self, *pictures):
        for pixels in pictures:
            self._shown.put(pixels)

    def read(self, timeout_seconds):
        try:
            return Frame(self._shown.get(timeout=timeout_seconds), time.monotonic())
        except queue.Empty:
            return None


class Kept(Forgetful):
    """Keeps what is set last."""

    def save(self, steering, done=lambda: None):
        self._steering = steering
        done()


class Door:
    """The loop of a door named back, on a thread of its own, and a broker that it speaks to."""

    def __init__(self, port, steering):
        self.camera, self.latch, self.keeper = FedCamera(), RecordingLatch(), Kept(steering)
        self.faults = []
        self._publisher = publisher(port, latest_model=lambda: "sha256:cd34")
        parts = Parts(
            latch=self.latch,
            camera=self.camera,
            classifier=EchoClassifier(),
            rule=RULE,
            policy=POLICY,
            publisher=self._publisher,
            orders=self._publisher,
            keeper=self.keeper,
            door_id="back",
        )
        self._stop = threading.Event()
        self._renewal = ScriptedRenewal(self._is_due)
        run = Daemon(parts).run
        self._thread = threading.Thread(target=run, args=(self._stop, self._renewal))
        self._thread.start()

    def _is_due(self):
        if self._renewal.asked and self.faults:
            raise self.faults.pop()
        return False

    def close(self):
        self._stop.set()
        self._thread.join(10)
        self._publisher.close()
        assert not self._thread.is_alive()


@pytest.fixture
def steering():
    return Steering()


@pytest.fixture
def real_door(broker, steering):
    with closing(Door(broker.port, steering)) as running:
        running.camera.shows([0.0, 0.0, 1.0])  # an empty yard
        yield running


def mode_shown(page):
    return page.texts('[data-mode][aria-pressed="true"] b')


def test_a_dog_that_is_let_in_is_seen_and_the_bolt_that_moves_for_it(page, real_door):
    page.enter("back")
    real_door.camera.shows(*[DOG] * 4)
    page.says(".event .title", "Dog let in")
    page.says(".event .title", "Locked after")
    assert page.texts(".event .title")[1:] == ["Dog let in"]
    assert page.texts(".bolt-word strong") == ["Locked"]
    assert real_door.latch.commands == ["lock", "unlock", "lock"]
    assert page.complaints() == []


def test_a_cat_is_seen_to_be_kept_in_by_somebody_who_comes_later(page, real_door):
    real_door.camera.shows(*[CAT] * 4)
    page.enter("back")
    page.says(".event .title", "Cat kept in")
    assert set(real_door.latch.commands) == {"lock"}


def test_a_mode_that_is_set_on_the_page_is_the_doors_and_is_shown(page, real_door):
    page.enter("back")
    page.click('[data-mode="observe"]')
    page.says('[data-answer="mode"]', "Done.")
    page.until(lambda: mode_shown(page) == ["Observe"])
    assert real_door.keeper.load() == Steering(mode=Mode.OBSERVE)
    real_door.camera.shows(*[DOG] * 4)
    page.says(".event .title", "Dog would have been let in")
    assert set(real_door.latch.commands) == {"lock"}


def test_threshold_and_curfew_that_are_set_on_the_page_are_the_doors_and_are_shown(page, real_door):
    page.enter("back")
    assert page.texts(".reported") == ["0.68"]
    page.find(".threshold input").send_keys("\ue014\ue014")  # the right arrow key, twice
    page.click(".threshold button")
    page.says(".reported", "0.7")
    page.click(".switch")
    page.until(lambda: page.find(".switch").get_attribute("aria-checked") == "false")
    assert real_door.keeper.load() == Steering(threshold=0.7, obeys_curfew=False)


def test_what_was_set_is_seen_among_the_events(page, real_door):
    page.enter("back")
    page.click('[data-mode="locked"]')
    page.says(".event .title", "Setting changed")
    page.says(".event .detail", "mode: locked")
    real_door.camera.shows(*[DOG] * 4)
    page.says(".event .title", "Dog not let in: ")


@pytest.mark.parametrize("steering", [Steering(mode=Mode.OBSERVE)])
def test_a_door_that_observes_refuses_to_unlock_and_says_why(page, real_door):
    page.enter("back")
    page.click('[data-verb="unlock"]')
    page.says('[data-answer="bolt"]', "Refused: it only observes: the bolt is not moved")
    assert mode_shown(page) == ["Observe"]
    assert set(real_door.latch.commands) == {"lock"}


def test_a_door_that_is_unlocked_from_the_page_is_seen_to_open_and_to_lock_by_itself(page, real_door):
    page.enter("back")
    page.click('[data-verb="unlock"]')
    page.says('[data-answer="bolt"]', "Done.")
    page.says(".event .title", "Unlocked by a command")
    page.says(".event .title", "Locked after")
    assert real_door.latch.commands == ["lock", "unlock", "lock"]


def test_an_emergency_that_is_called_on_the_page_holds_the_door_open_until_it_is_called_off(page, real_door):
    page.enter("back")
    page.click(".emergency button")
    page.click("dialog .sure")
    page.says(".bolt-note", "mergency: held open")
    page.says(".bolt-word strong", "Unlocked")
    page.says(".emergency button", "End the emergency")
    page.click(".emergency button")
    page.says(".bolt-word strong", "Locked")
    assert real_door.latch.commands == ["lock", "unlock out", "lock"]


def test_a_newer_model_that_cannot_be_used_is_refused_with_its_fault(page, real_door):
    real_door.faults.append(ModelError("door.tflite: the model file is damaged"))
    real_door.camera.shows(*[CAT] * 4)  # once that is told, it looks for a model
    page.enter("back")
    page.click(".model button")
    page.says('[data-answer="model"]', "Refused: door.tflite: the model file is damaged")
    page.says(".event .title", "New settings refused, the old ones go on")
