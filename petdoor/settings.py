"""All settings: what each may be, and what it is when nobody says."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from petdoor import modelfile
from petdoor.core.eyesight import EyesightLimits, Impairment
from petdoor.core.heat import HeatBudget
from petdoor.core.policy import Policy
from petdoor.core.waiting import Escalation
from petdoor.errors import ConfigError

PASSWORD_VARIABLE = "PETDOOR_MQTT_PASSWORD"  # noqa: S105 -- the name, not the word
PICAMERA = re.compile(r"picamera:(\d+)")
DEMO = "demo"
"""The source that is drawn, not seen."""
CREDENTIAL_NAME = "mqtt-password"
"""What systemd's ``LoadCredential=`` is to call the password."""


def _in_folder(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / path


FilePath = Annotated[Path, Field(strict=False), AfterValidator(_in_folder)]
"""A path; a relative one is relative to the configuration's folder."""
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Span = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]
GpioPin = Annotated[int, Field(ge=0, le=27)]


class Section(BaseModel):
    """Unknown keys are errors, and values are taken as they are: no text passes for a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class CameraSettings(Section):
    """The camera, and how long to be patient with it."""

    source: Annotated[str, Field(min_length=1)] = "0"
    width: Annotated[int, Field(ge=32, le=4096)] = 640
    height: Annotated[int, Field(ge=32, le=4096)] = 480
    fps: Annotated[float, Field(gt=0, le=120)] = 10.0
    loop: bool = False
    rotate: Literal[0, 90, 180, 270] = 0
    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    roi: tuple[Share, Share, Share, Share] = (0.0, 0.0, 1.0, 1.0)
    stall_seconds: Annotated[float, Field(gt=0, le=10)] = 5.0
    freeze_seconds: Seconds = 30.0
    give_up_seconds: Seconds = 300.0

    @field_validator("source", mode="before")
    @classmethod
    def _device_number(cls, source: Any) -> Any:
        return str(source) if type(source) is int else source

    @field_validator("source")
    @classmethod
    def _file_in_folder(cls, source: str, info: ValidationInfo) -> str:
        names_a_file = not (
            source == DEMO or source.isdecimal() or "://" in source or PICAMERA.fullmatch(source)
        )
        if not names_a_file:
            return source
        path = str(_in_folder(Path(source), info))
        return f"./{path}" if path == DEMO else path

    @field_validator("roi")
    @classmethod
    def _within_the_picture(cls, roi: tuple[float, ...]) -> tuple[float, ...]:
        left, top, width, height = roi
        if left + width > 1 or top + height > 1 or width == 0 or height == 0:
            raise ValueError("left + width and top + height must stay within 1, and neither may be empty")
        return roi

    @field_validator("width", "height")
    @classmethod
    def _suits_a_raspberry_camera(cls, pixels: int, info: ValidationInfo) -> int:
        step = {"width": 64, "height": 2}[str(info.field_name)]
        if PICAMERA.fullmatch(info.data.get("source", "")) and pixels % step:
            raise ValueError(f"a Raspberry Pi camera needs a multiple of {step}")
        return pixels


class DemoSettings(Section):
    """The drawn scene of the source ``demo``."""

    visits: Annotated[int, Field(ge=1, le=100_000)] = 6
    seed: Annotated[int, Field(ge=0)] = 4
    weather: Literal["changing", "calm"] = "changing"


class MotionSettings(Section):
    """What counts as movement; only what moves is judged."""

    enabled: bool = True
    level: Annotated[float, Field(gt=0, le=255)] = 12.0
    area: Annotated[float, Field(gt=0, le=1)] = 0.01
    hold_seconds: Seconds = 2.0


class EyesightSettings(Section):
    """What makes the camera's picture one that cannot be trusted, and what then."""

    watch: list[Literal["black", "white", "blurred", "moved", "tinted"]] = [
        "black",
        "white",
        "blurred",
        "moved",
        "tinted",
    ]
    safe_mode: Literal["locked", "auto"] = "locked"

    @property
    def limits(self) -> EyesightLimits:
        """The same for the core."""
        return EyesightLimits(watch=frozenset(Impairment[name.upper()] for name in self.watch))


class ModelSettings(Section):
    """The model file, and what a foreign one does not say of itself."""

    path: FilePath | None = None
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    labels: FilePath | None = None
    species: dict[str, list[Span]] | None = None
    input_range: tuple[float, float] | None = None

    @field_validator("input_range")
    @classmethod
    def _black_is_below_white(cls, span: tuple[float, float] | None) -> tuple[float, float] | None:
        if span and span[0] >= span[1]:
            raise ValueError("black must be less than white, as in [-1, 1]")
        return span

    @field_validator("species")
    @classmethod
    def _holds_ranges(cls, species: dict[str, list[Span]] | None) -> dict[str, list[Span]] | None:
        if species is not None:
            modelfile.ranges(species)
        return species


class RuleSettings(Section):
    """How class probabilities become a species."""

    method: Literal["mass", "top1"] = "mass"
    threshold: Annotated[float, Field(gt=0, le=1)] | None = None


@contextmanager
def _core_faults() -> Iterator[None]:
    """The core names the setting first; here its full name stands in front already."""
    try:
        yield
    except ValueError as error:
        raise ValueError(str(error).partition(": ")[2]) from error


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
            with _core_faults():
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

    @field_validator(*_TOGETHER)
    @classmethod
    def _makes_a_safe_door(cls, value: Any, info: ValidationInfo) -> Any:
        values = info.data | {info.field_name: value}
        names = _TOGETHER[str(info.field_name)]
        if all(name in values for name in names):
            _core_finds_safe({name: _frozen(values[name]) for name in names})
        return value

    def policy(self, *, veto: float | None = None) -> Policy:
        """The same for the core; ``veto`` is the model's, for where the settings leave it to the model."""
        values = {"veto_confidence": veto, **self.model_dump(exclude_none=True, exclude={"waiting"})}
        known = {name: _frozen(value) for name, value in values.items() if value is not None}
        return Policy(escalation=Escalation(**self.waiting.model_dump()), **known)


def _core_finds_safe(values: Mapping[str, Any]) -> None:
    with _core_faults():
        Policy(**{"keep_in": frozenset(), **values})


def _frozen(value: Any) -> Any:
    return frozenset(value) if isinstance(value, list) else value


class ServoSettings(Section):
    """Where the servo's arm stands, in degrees."""

    locked_angle: Annotated[float, Field(ge=-90, le=90)] = -45.0
    unlocked_angle: Annotated[float, Field(ge=-90, le=90)] = 45.0
    travel_seconds: Annotated[float, Field(gt=0, le=5)] = 0.6


class LatchSettings(Section):
    """The bolt and its pin."""

    kind: Literal["solenoid", "servo"] = "solenoid"
    pin: GpioPin = 17
    exit_pin: GpioPin | None = None
    active_high: bool = True
    pins: Literal["auto", "simulated"] = "auto"
    duty_cycle: Annotated[float, Field(gt=0, le=1)] = 0.25
    duty_window_seconds: Seconds = 600.0
    servo: ServoSettings = ServoSettings()

    @field_validator("exit_pin")
    @classmethod
    def _is_another_coil(cls, exit_pin: int | None, info: ValidationInfo) -> int | None:
        if exit_pin is not None and info.data.get("kind") == "servo":
            raise ValueError("a servo has one pin; leave it out")
        if exit_pin is not None and exit_pin == info.data.get("pin"):
            raise ValueError("that is latch.pin already; leave it out where one coil opens both ways")
        return exit_pin

    @property
    def heat(self) -> HeatBudget | None:
        """What the coil can bear; a servo whose pulses have stopped stays cold."""
        return HeatBudget(self.duty_cycle, self.duty_window_seconds) if self.kind == "solenoid" else None


class WireSettings(Section):
    """A contact between a pin and ground: see ``Wire``."""

    pin: GpioPin
    closes: bool = True


class ContactSettings(Section):
    """What is wired to the door beside its bolt."""

    flap: WireSettings | None = None
    beam: WireSettings | None = None
    button_inside: WireSettings | None = None
    button_outside: WireSettings | None = None
    emergency: WireSettings | None = None

    @property
    def wires(self) -> dict[str, WireSettings]:
        """What is wired, by its key."""
        return {name: wire for name in type(self).model_fields if (wire := getattr(self, name))}


class TlsSettings(Section):
    """Certificates for an encrypted connection."""

    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None


class MqttSettings(Section):
    """The broker; the password comes from a file or the environment, never from here."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    username: str | None = None
    password_file: FilePath | None = None
    tls: TlsSettings | None = None
    keepalive_seconds: Annotated[int, Field(ge=5, le=3600)] = 30
    snapshots: bool = False

    @field_validator("host")
    @classmethod
    def _is_a_name(cls, host: str) -> str:
        host.encode("idna")  # as the resolver will; its error says what is wrong
        return host

    def password(self, environ: Mapping[str, str]) -> str | None:
        """The password from ``password_file``, systemd's credential or the environment, in this order.

        Raises:
            ConfigError: the file cannot be read.
        """
        credentials = environ.get("CREDENTIALS_DIRECTORY")
        credential = Path(credentials) / CREDENTIAL_NAME if credentials else None
        file = self.password_file or (credential if credential and credential.exists() else None)
        if file is None:
            return environ.get(PASSWORD_VARIABLE)
        try:
            return file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"mqtt.password_file: cannot read {file}: {error}") from error


class SnapshotSettings(Section):
    """A folder for the frames that decided."""

    folder: FilePath | None = None
    keep: Annotated[int, Field(ge=1, le=100_000)] = 500


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
        return replace(self.policy.policy(veto=veto), heat=self.latch.heat)
