from dataclasses import replace

import pytest

from petdoor.core.contacts import Contacts, Way
from petdoor.core.curfew import Curfew
from petdoor.core.decision import step
from petdoor.core.door import Door
from petdoor.core.events import SettingChanged
from petdoor.core.modes import Mode
from petdoor.core.orders import CallEmergency, InstallModel, Lock, SetCurfew, SetMode, SetThreshold, Unlock
from petdoor.core.policy import Policy
from petdoor.core.ports import Forgetful
from petdoor.core.species import DOG, ClassRange, Top1Rule
from petdoor.helm import Helm
from petdoor.owner import Owner
from tests.fakes import ScriptedOrders

POLICY = Policy()


def owner(*orders):
    """An owner with these orders, and what became of them."""
    told = ScriptedOrders(*orders)
    helm = Helm(POLICY, Top1Rule({DOG: (ClassRange(0, 0),)}), Curfew(), Forgetful())
    return Owner(told, helm), told.answers


def stepped(asked, policy=POLICY, wired=None):
    """One pass of a door that has never moved, as the loop does it."""
    asked.ask()
    door, _ = step(Door(clock=0.0), None, 1.0, policy, asked.contacts(wired or Contacts()))
    asked.obeyed(door, policy)
    return door


def test_nobody_who_wants_anything_changes_nothing():
    asked, answers = owner()
    wired = Contacts(flap_is_closed=False, pressed=Way.OUT)
    assert (asked.ask(), asked.contacts(wired), asked.wants_renewal) == ([], wired, False)
    asked.obeyed(Door(), POLICY)
    asked.renewed()
    assert answers == []


def test_one_order_is_taken_a_pass_in_the_order_they_came():
    asked, answers = owner(SetMode(Mode.OBSERVE), SetCurfew(wanted=False))
    assert asked.ask() == [SettingChanged("mode", "observe")]
    assert answers == [""]
    assert asked.ask() == [SettingChanged("curfew", "suspended")]
    assert answers == ["", ""]


def test_a_setting_that_this_door_lacks_is_answered_at_once_with_the_reason():
    asked, answers = owner(SetThreshold(0.9))
    assert asked.ask() == []
    assert answers == ["the rule top1 has no threshold"]


@pytest.mark.parametrize(
    ("order", "heard"),
    [
        (Lock(), Contacts(locks=True)),
        (Unlock(Way.OUT), Contacts(opens=Way.OUT)),
        (CallEmergency(wanted=True), Contacts(emergency=True)),
        (CallEmergency(wanted=False), Contacts(calms=True)),
    ],
)
def test_an_order_for_the_bolt_reaches_the_next_step_beside_what_the_wires_say(order, heard):
    asked, answers = owner(order)
    assert asked.ask() == []
    assert asked.contacts(Contacts(pressed=Way.IN)) == replace(heard, pressed=Way.IN)
    assert answers == []


def test_an_order_for_the_bolt_is_answered_after_its_step():
    asked, answers = owner(Unlock())
    assert stepped(asked).unlocked
    assert answers == [""]


def test_an_order_for_the_bolt_that_was_not_obeyed_is_answered_with_the_reason():
    asked, answers = owner(Unlock())
    assert not stepped(asked, POLICY.now(Mode.OBSERVE)).unlocked
    assert answers == ["it only observes: the bolt is not moved"]


def test_an_order_for_the_bolt_is_good_for_one_step_only():
    asked, answers = owner(Unlock(), None)
    stepped(asked)
    asked.ask()
    assert asked.contacts(Contacts()) == Contacts()
    asked.obeyed(Door(), POLICY)
    assert answers == [""]


def test_a_model_is_wanted_until_the_renewal_is_done_and_answered_then():
    asked, answers = owner(InstallModel())
    stepped(asked)
    assert (asked.wants_renewal, answers) == (True, [])
    asked.renewed()
    assert (asked.wants_renewal, answers) == (False, [""])


def test_a_model_that_cannot_be_used_is_answered_with_the_fault_and_wanted_no_longer():
    asked, answers = owner(InstallModel())
    asked.ask()
    asked.renewed("the file is incomplete")
    asked.renewed()
    assert (asked.wants_renewal, answers) == (False, ["the file is incomplete"])


def test_a_second_order_for_a_model_answers_the_first():
    asked, answers = owner(InstallModel(), InstallModel())
    asked.ask()
    asked.ask()
    assert (answers, asked.wants_renewal) == (["another one has come"], True)
    asked.renewed()
    assert answers == ["another one has come", ""]


def test_while_a_model_is_waited_for_other_orders_are_obeyed():
    asked, answers = owner(InstallModel(), Unlock(), SetMode(Mode.LOCKED))
    asked.ask()
    stepped(asked)
    asked.ask()
    assert (answers, asked.wants_renewal) == (["", ""], True)


def test_a_renewal_that_nobody_ordered_from_afar_is_answered_to_nobody():
    asked, answers = owner()
    asked.renewed("latch.pin: 99 is not allowed")
    assert answers == []
