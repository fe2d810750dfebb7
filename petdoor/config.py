"""Reading the settings, once, at the border: every fault together, each with its key and what is allowed."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from petdoor.errors import ConfigError
from petdoor.settings import Settings
from petdoor.settings.seeing import CameraSettings
from petdoor.settings.wiring import LatchSettings


def with_source(camera: CameraSettings, source: str) -> CameraSettings:
    """The same camera settings for another source, as given on the command line.

    Raises:
        ConfigError: the other settings do not suit that source.
    """
    try:
        return CameraSettings.model_validate({**camera.model_dump(), "source": source})
    except ValidationError as error:
        raise ConfigError(f"--source {source}: {_fault(error.errors()[0])}") from error


def load_latch(path: Path) -> LatchSettings:
    """Read the latch's settings alone: faults elsewhere must not keep the door from being locked.

    Raises:
        ConfigError: the file cannot be read, or the latch's section holds faults.
    """
    values = _values(path)
    return _checked(path, {"latch": values["latch"]} if "latch" in values else {}).latch


def load(path: Path) -> Settings:
    """Read and check a configuration file; relative paths in it are relative to its folder.

    Raises:
        ConfigError: the file cannot be read, or holds faults; the message lists every one.
    """
    return _checked(path, _values(path))


def _values(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot read the configuration: {error}") from error
    try:
        values = yaml.load(text, _StrictLoader)  # noqa: S506 -- it is a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {_yaml_fault(error)}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: is nested too deeply") from error
    if not isinstance(values, dict | None):
        raise ConfigError(f"{path}: must hold 'key: value' lines, not a {type(values).__name__}")
    return values or {}


def _checked(path: Path, values: dict[str, Any]) -> Settings:
    try:
        # By way of JSON, where strict checking still takes a text for a path and a list for a tuple.
        text = json.dumps(values, default=str)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{path}: holds what no setting can be: {error}") from error
    try:
        return Settings.model_validate_json(text, context={"folder": path.parent})
    except ValidationError as error:
        faults = [_fault(entry) for entry in error.errors(include_url=False)]
        count = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
        raise ConfigError("\n  ".join([f"{path}: {count}", *faults])) from error


def _fault(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"]) or "(top level)"
    if error["type"] == "extra_forbidden":
        return f"{key}: there is no such key"
    if error["type"] == "missing":
        return f"{key}: is missing"
    said = (
        error["msg"]
        .removeprefix("Value error, ")
        .replace("Input should", "should")
        .replace("String should", "should")
    )
    if isinstance(error["input"], dict):
        return f"{key}: {said}"
    link = ": " if error["type"] == "value_error" else "; it "
    return f"{key}: {error['input']!r} is not allowed{link}{said}"


def _yaml_fault(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    problem = getattr(error, "problem", None) or str(error)
    hint = "; YAML is indented with spaces, never with tabs" if "\\t" in problem else ""
    return f"{where}{problem}{hint}"


_MERGE_TAG = "tag:yaml.org,2002:merge"


class _StrictLoader(yaml.SafeLoader):
    """A safe loader that lets no repeated key overrule the first in silence, and no time become a number.

    YAML 1.1 reads 22:00 in sixties, as 1320; YAML 1.2 has done away with that.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE_TAG:
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' stands here twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_IN_SIXTIES = re.compile(r"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$")


def _plain_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_StrictLoader.add_constructor("tag:petdoor,2026:time", _plain_text)
# Before the numbers, which are asked in their turn.
_StrictLoader.yaml_implicit_resolvers = {
    first: [("tag:petdoor,2026:time", _IN_SIXTIES), *resolvers] if first in "-+0123456789" else resolvers
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
