"""The settings of who may pass, when, and for how long."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, ValidationInfo, field_validator

from petdoor.core.policy import Policy
from petdoor.core.waiting import Escalation
from petdoor.settings.common import Seconds, Section, core_faults
from petdoor.settings.curfew import CurfewSettings

_TOGETHER: Final = {
    "admit": ("admit",),
    "keep_in": ("admit", "keep_in"),
    "window_frames": ("confirm_frames", "window_frames"),
    "max_unlock_seconds": ("unlock_seconds", "max_unlock_seconds"),
}
"""What the core must find safe: the setting that is told to be at fault, and those it is judged with."""


class WaitingSettings(Section):
    """When somebody is told that a welcome animal is not let in: see ``Escalation``."""

    times: Annotated[int, Field(ge=1, le=100)] = 3
    within_seconds: Annotated[float, Field(gt=0, le=86_400, validate_default=True)] = 600.0
    again_seconds: Annotated[float, Field(gt=0, le=86_400)] = 1800.0

    @field_validator("within_seconds")
    @classmethod
    def _can_ever_be_told(cls, seconds: float, info: ValidationInfo) -> float:
        if "times" in info.data:
            with core_faults():
                Escalation(times=info.data["times"], within_seconds=seconds)
        return seconds


class PolicySettings(Section):
    """Who may pass, how sure the door must be, and for how long: see ``Policy``."""

    admit: list[str] = ["dog"]
    keep_in: list[str] = Field(default=["cat"], validate_default=True)
    confirm_frames: Annotated[int, Field(ge=2, le=100)] = 4
    window_frames: Annotated[int, Field(ge=2, le=100, validate_default=True)] = 5
    veto_confidence: Annotated[float, Field(gt=0, le=1)] | None = None
    veto_hold_seconds: Annotated[float, Field(ge=0, le=3600)] = 3.0
    visit_gap_seconds: Seconds = 3.0
    refuse_after_seconds: Annotated[float, Field(ge=0, le=3600)] = 2.0
    unlock_seconds: Seconds = 5.0
    linger_seconds: Seconds = 1.0
    max_unlock_seconds: Annotated[float, Field(gt=0, le=60, validate_default=True)] = 20.0
    refractory_seconds: Annotated[float, Field(ge=0, le=3600)] = 3.0
    emergency_seconds: Seconds = 120.0
    settle_seconds: Annotated[float, Field(ge=0, le=60)] = 0.5
    close_seconds: Seconds = 5.0
    retry_seconds: Seconds = 30.0
    waiting: WaitingSettings = WaitingSettings()
    curfew: CurfewSettings = CurfewSettings()

    @field_validator(*_TOGETHER)
    @classmethod
    def _makes_a_safe_door(cls, value: Any, info: ValidationInfo) -> Any:
        values = info.data | {info.field_name: value}
        names = _TOGETHER[str(info.field_name)]
        if all(name in values for name in names):
            _core_finds_safe({name: _frozen(values[name]) for name in names})
        return value

    @field_validator("curfew")
    @classmethod
    def _holds_back_the_welcome_only(cls, curfew: CurfewSettings, info: ValidationInfo) -> CurfewSettings:
        if "admit" in info.data:
            curfew.curfew(frozenset(info.data["admit"]))
        return curfew

    def policy(self, *, veto: float | None = None) -> Policy:
        """The same for the core; ``veto`` is the model's, for where the settings leave it to the model."""
        values = {
            "veto_confidence": veto,
            **self.model_dump(exclude_none=True, exclude={"waiting", "curfew"}),
        }
        known = {name: _frozen(value) for name, value in values.items() if value is not None}
        return Policy(escalation=Escalation(**self.waiting.model_dump()), **known)


def _core_finds_safe(values: Mapping[str, Any]) -> None:
    with core_faults():
        Policy(**{"keep_in": frozenset(), **values})


def _frozen(value: Any) -> Any:
    return frozenset(value) if isinstance(value, list) else value
