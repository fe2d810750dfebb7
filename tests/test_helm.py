from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petdoor.adapters.steering import SteeringFile
from petdoor.core.curfew import Curfew, Window
from petdoor.core.events import SettingChanged
from petdoor.core.modes import Hold, Mode
from petdoor.core.orders import SetCurfew, SetMode, SetThreshold
from petdoor.core.policy import Policy
from petdoor.core.ports import Forgetful
from petdoor.core.species import CAT, DOG, OTHER, ClassRange, MassRule, Top1Rule
from petdoor.core.steering import Steering
from petdoor.helm import Helm

RANGES = {DOG: (ClassRange(0, 0),), CAT: (ClassRange(1, 1),)}
NIGHT = Curfew((Window(frozenset(range(7)), time(22), time(6), frozenset({DOG})),))
EVENING, NOON = (datetime(2024, 5, 1, hour, tzinfo=UTC) for hour in (23, 12))
ORDERS = st.one_of(
    st.builds(SetMode, st.sampled_from(Mode)),
    st.builds(SetThreshold, st.floats(0.5, 0.99)),
    st.builds(SetCurfew, st.booleans()),
)


def helm(rule=None, keeper=None):
    return Helm(Policy(), rule or MassRule(RANGES, 0.68), NIGHT, keeper or Forgetful())


def test_the_threshold_of_settings_and_model_holds_until_another_is_set():
    steered = helm()
    assert (steered.steering.threshold, steered.rule.threshold) == (0.68, 0.68)
    steered.set(SetThreshold(0.9))
    assert (steered.steering.threshold, steered.rule.threshold) == (0.9, 0.9)


def test_a_threshold_that_was_set_decides_what_is_seen():
    steered, shown = helm(), [0.8, 0.1, 0.1]
    assert steered.rule.sighting(shown).species == DOG
    steered.set(SetThreshold(0.9))
    assert steered.rule.sighting(shown).species == OTHER


def test_a_threshold_is_not_forgotten_over_what_is_set_beside_it():
    steered = helm()
    for order in (SetThreshold(0.9), SetMode(Mode.OBSERVE), SetCurfew(wanted=False)):
        steered.set(order)
    assert steered.steering == Steering(Mode.OBSERVE, 0.9, obeys_curfew=False)


def test_a_rule_without_a_threshold_tells_of_none_and_refuses_one():
    steered = helm(Top1Rule(RANGES))
    assert steered.steering.threshold is None
    with pytest.raises(ValueError, match="the rule top1 has no threshold"):
        steered.set(SetThreshold(0.9))
    assert steered.rule == Top1Rule(RANGES)


def test_a_threshold_kept_for_a_rule_that_has_none_does_no_harm_and_is_not_lost():
    keeper = Forgetful(Steering(Mode.OBSERVE, 0.9))
    steered = helm(Top1Rule(RANGES), keeper)
    assert (steered.rule, steered.steering) == (Top1Rule(RANGES), Steering(Mode.OBSERVE))
    assert helm(keeper=keeper).rule.threshold == 0.9


def test_a_refused_threshold_is_not_kept(tmp_path):
    keeper = SteeringFile(tmp_path / "steering.json")
    with pytest.raises(ValueError, match="top1"):
        helm(Top1Rule(RANGES), keeper).set(SetThreshold(0.9))
    assert keeper.load() == Steering()


@pytest.mark.parametrize(("moment", "held"), [(EVENING, {DOG: Hold.CURFEW}), (NOON, {})])
def test_a_curfew_holds_in_its_hours(moment, held):
    assert helm().policy(moment).held_back == held


def test_a_suspended_curfew_holds_nobody_until_it_counts_again():
    steered = helm()
    steered.set(SetCurfew(wanted=False))
    assert steered.policy(EVENING).held_back == {}
    steered.set(SetCurfew(wanted=True))
    assert steered.policy(EVENING).held_back == {DOG: Hold.CURFEW}


@pytest.mark.parametrize("mode", Mode)
def test_the_rules_are_those_of_the_mode_that_was_set(mode):
    steered = helm()
    steered.set(SetMode(mode))
    assert steered.steering.mode is mode
    assert steered.policy(NOON) == Policy().now(mode)


@pytest.mark.parametrize(
    ("order", "changed"),
    [
        (SetMode(Mode.OBSERVE), SettingChanged("mode", "observe")),
        (SetThreshold(0.7), SettingChanged("threshold", "0.7")),
        (SetCurfew(wanted=True), SettingChanged("curfew", "on")),
        (SetCurfew(wanted=False), SettingChanged("curfew", "suspended")),
    ],
)
def test_what_was_set_is_told_in_a_word(order, changed):
    assert helm().set(order) == changed


@given(orders=st.lists(ORDERS, max_size=6))
def test_what_was_set_is_what_the_next_helm_begins_with(tmp_path_factory, orders):
    path = tmp_path_factory.mktemp("helm") / "steering.json"
    steered = helm(keeper=SteeringFile(path))
    for order in orders:
        steered.set(order)
    after = helm(keeper=SteeringFile(path))
    assert (after.steering, after.rule) == (steered.steering, steered.rule)
    assert after.policy(EVENING) == steered.policy(EVENING)


def test_what_was_never_set_follows_the_settings_of_the_next_start(tmp_path):
    path = tmp_path / "steering.json"
    helm(keeper=SteeringFile(path)).set(SetMode(Mode.OBSERVE))
    assert helm(MassRule(RANGES, 0.8), SteeringFile(path)).rule.threshold == 0.8


def test_what_cannot_be_kept_holds_all_the_same(tmp_path):
    (tmp_path / "state").write_text("no folder")
    steered = helm(keeper=SteeringFile(tmp_path / "state" / "steering.json"))
    steered.set(SetMode(Mode.UNLOCKED))
    assert steered.steering.mode is Mode.UNLOCKED


def test_a_reload_knows_what_was_set_though_the_disk_has_kept_nothing(tmp_path):
    told = Steering(Mode.LOCKED, threshold=0.9)
    path = tmp_path / "steering.json"
    after = Helm(Policy(), MassRule(RANGES, 0.68), NIGHT, SteeringFile(path), told)
    assert (after.owner_steering, SteeringFile(path).load()) == (told, told)


@pytest.mark.parametrize("content", ['{"mode": "observe", "threshold": 0.9, "obeys_curfew": true}', None])
def test_a_reload_takes_from_a_file_that_was_mended_the_mode_that_was_not_known(tmp_path, content):
    path = tmp_path / "steering.json"
    path.write_text("{")
    before = helm(keeper=SteeringFile(path)).owner_steering
    path.unlink()
    if content:
        path.write_text(content)
    file = SteeringFile(path)
    after = Helm(Policy(), MassRule(RANGES, 0.68), NIGHT, file, before)
    assert after.owner_steering == (Steering(Mode.OBSERVE, threshold=0.9) if content else Steering())
    assert (file.fault, file.load()) == ("", after.owner_steering)


def test_a_reload_tells_a_file_that_still_cannot_be_read_what_was_set_since(tmp_path):
    path = tmp_path / "steering.json"
    path.write_text("{")
    before = helm(keeper=SteeringFile(path)).owner_steering.told(SetThreshold(0.9))
    after = Helm(Policy(), MassRule(RANGES, 0.68), NIGHT, SteeringFile(path), before)
    assert (after.owner_steering, SteeringFile(path).load()) == (before, before)


class Late(Forgetful):
    """Knows what was set no sooner than it is asked again; remembers what it is to keep."""

    def __init__(self, steering):
        super().__init__(Steering(Mode.LOCKED, mode_is_known=False))
        self.kept, self._late = [], [steering]

    def found(self):
        return self._late.pop() if self._late else None

    def save(self, steering, done=lambda: None):
        self.kept.append(steering)
        done()


LATE = Steering(Mode.OBSERVE, threshold=0.7, obeys_curfew=False)


def test_what_is_known_late_holds_from_then_on():
    keeper = Late(LATE)
    steered = helm(keeper=keeper)
    assert [steered.catches_up(), steered.catches_up()] == [True, False]
    assert (steered.owner_steering, keeper.kept) == (LATE, [])


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (SetMode(Mode.LOCKED), Steering(Mode.LOCKED, 0.7, obeys_curfew=False)),
        (SetThreshold(0.9), Steering(Mode.OBSERVE, 0.9, obeys_curfew=False)),
        (SetCurfew(wanted=False), LATE),
    ],
)
def test_what_was_set_meanwhile_holds_over_what_is_known_late(order, expected):
    keeper = Late(LATE)
    steered = helm(keeper=keeper)
    steered.set(order)
    steered.catches_up()
    assert steered.owner_steering == keeper.kept[-1] == expected


def test_a_reload_that_knew_better_does_not_listen_to_what_is_known_late():
    told = Steering(Mode.UNLOCKED)
    steered = Helm(Policy(), MassRule(RANGES, 0.68), NIGHT, Late(LATE), told)
    assert not steered.catches_up()
    assert steered.owner_steering == told
