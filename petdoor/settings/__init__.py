"""All settings: what each may be, and what it is when nobody says."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from petdoor.core.policy import Policy
from petdoor.settings.common import FilePath, Section
from petdoor.settings.policy import PolicySettings
from petdoor.settings.seeing import (
    CameraSettings,
    DemoSettings,
    EyesightSettings,
    ModelSettings,
    MotionSettings,
    RuleSettings,
)
from petdoor.settings.telling import MqttSettings, SnapshotSettings
from petdoor.settings.wiring import ContactSettings, LatchSettings


class Settings(Section):
    """All of ``config.yaml``."""

    id: Annotated[str, Field(pattern="^[a-zA-Z0-9_-]+$")] = "petdoor"
    camera: CameraSettings = CameraSettings()
    demo: DemoSettings = DemoSettings()
    motion: MotionSettings = MotionSettings()
    eyesight: EyesightSettings = EyesightSettings()
    model: ModelSettings = ModelSettings()
    rule: RuleSettings = RuleSettings()
    policy: PolicySettings = PolicySettings()
    latch: LatchSettings = LatchSettings()
    contacts: ContactSettings = ContactSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    state_folder: FilePath | None = None
    mqtt: MqttSettings | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("latch")
    @classmethod
    def _bears_an_unlocking(cls, latch: LatchSettings, info: ValidationInfo) -> LatchSettings:
        policy = info.data.get("policy")
        if latch.heat and policy and latch.heat.energised_seconds < policy.unlock_seconds:
            raise ValueError(
                f"duty_cycle x duty_window_seconds is {latch.heat.energised_seconds:g} s: less than "
                f"policy.unlock_seconds, so that the door would never open"
            )
        return latch

    @field_validator("contacts")
    @classmethod
    def _has_pins_of_its_own(cls, contacts: ContactSettings, info: ValidationInfo) -> ContactSettings:
        latch = info.data.get("latch")
        taken = {latch.pin: "latch.pin", latch.exit_pin: "latch.exit_pin"} if latch else {}
        for name, wire in contacts.wires.items():
            if wire.pin in taken:
                raise ValueError(f"{name}: GPIO {wire.pin} is {taken[wire.pin]} already")
            taken[wire.pin] = f"contacts.{name}"
        return contacts

    def rules(self, *, veto: float | None = None) -> Policy:
        """The policy for the core, with what the latch can bear; ``veto`` is the model's."""
        latch = self.latch
        has_two_coils = latch.exit_pin not in {None, latch.pin}
        return replace(self.policy.policy(veto=veto), heat=latch.heat, has_two_coils=has_two_coils)
