"""The folder is the diagram: which module may import which, and which library lives where."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "petdoor").rglob("*.py")) + sorted((ROOT / "tools").rglob("*.py"))

# Leaves that anything outside the core may use.
LEAVES = {
    "petdoor",
    "petdoor.broker",
    "petdoor.errands",
    "petdoor.errors",
    "petdoor.files",
    "petdoor.gpio",
    "petdoor.logs",
    "petdoor.pictures",
    "petdoor.modelfile",
    "petdoor.flatbuffer",
}
ADAPTERS = {f"petdoor.adapters.{path.stem}" for path in (ROOT / "petdoor" / "adapters").glob("[!_]*.py")}
SCENE = {f"petdoor.scene.{path.stem}" for path in (ROOT / "petdoor" / "scene").glob("[!_]*.py")}
CLI = {f"petdoor.cli.{path.stem}" for path in (ROOT / "petdoor" / "cli").glob("[!_]*.py")}
SETTINGS = {"petdoor.settings"} | {
    f"petdoor.settings.{path.stem}" for path in (ROOT / "petdoor" / "settings").glob("[!_]*.py")
}
HEALTH = {f"petdoor.health.{path.stem}" for path in (ROOT / "petdoor" / "health").glob("[!_]*.py")}
MQTT = {f"petdoor.mqtt.{path.stem}" for path in (ROOT / "petdoor" / "mqtt").glob("[!_]*.py")}
MONITOR = {f"petdoor.monitor.{path.stem}" for path in (ROOT / "petdoor" / "monitor").glob("[!_]*.py")}
CORE = {f"petdoor.core.{path.stem}" for path in (ROOT / "petdoor" / "core").glob("[!_]*.py")}

# Who may import what of petdoor, beside its own package's leaves.
MAY_IMPORT = {
    "petdoor.errands": set(),
    "petdoor.errors": set(),
    "petdoor.files": set(),
    "petdoor.logs": set(),
    "petdoor.flatbuffer": set(),
    "petdoor.pictures": LEAVES,
    "petdoor.broker": LEAVES,
    "petdoor.gpio": LEAVES,
    "petdoor.modelfile": LEAVES | CORE,
    **dict.fromkeys(SETTINGS, LEAVES | CORE | SETTINGS),
    **dict.fromkeys(MQTT, LEAVES | CORE | MQTT | {"petdoor.mqtt"}),
    **dict.fromkeys(MONITOR, LEAVES | CORE | MONITOR | {"petdoor.monitor", "petdoor.mqtt.topics"}),
    "petdoor.examination": CORE,
    "petdoor.helm": CORE,
    "petdoor.owner": CORE | {"petdoor.helm"},
    "petdoor.reporter": LEAVES | CORE,
    "petdoor.stats": set(),
    "petdoor.config": LEAVES | SETTINGS,
    "petdoor.driven": LEAVES | SETTINGS,
    "petdoor.daemon": LEAVES
    | CORE
    | {"petdoor.examination", "petdoor.helm", "petdoor.owner", "petdoor.reporter", "petdoor.stats"},
    "petdoor.telling": LEAVES
    | CORE
    | ADAPTERS
    | MQTT
    | SETTINGS
    | {"petdoor.adapters", "petdoor.mqtt", "petdoor.reporter"},
    "petdoor.classify": LEAVES | CORE | {"petdoor.adapters.classifier"},
    "petdoor.plot": LEAVES | CORE | {"petdoor.adapters.classifier", "petdoor.classify"},
    "petdoor.latches": SETTINGS | {"petdoor.gpio", "petdoor.adapters.latch"},
    "petdoor.cameras": LEAVES | CORE | ADAPTERS | SCENE | SETTINGS | {"petdoor.adapters"},
    "petdoor.parts": LEAVES
    | CORE
    | ADAPTERS
    | SETTINGS
    | {"petdoor.adapters", "petdoor.cameras", "petdoor.daemon", "petdoor.driven", "petdoor.latches"}
    | {"petdoor.telling"},
    **dict.fromkeys(
        HEALTH,
        LEAVES
        | CORE
        | ADAPTERS
        | SETTINGS
        | HEALTH
        | {"petdoor.cameras", "petdoor.health", "petdoor.latches", "petdoor.parts", "petdoor.telling"},
    ),
    "petdoor.running": LEAVES | CORE | SETTINGS | {"petdoor.daemon", "petdoor.parts"},
    "petdoor.film": LEAVES | CORE,
    "petdoor.demo": LEAVES
    | CORE
    | ADAPTERS
    | {"petdoor.adapters", "petdoor.cameras", "petdoor.daemon", "petdoor.film", "petdoor.latches"}
    | SETTINGS
    | {"petdoor.parts"},
    "petdoor.options": LEAVES | SETTINGS | {"petdoor.config"},
    **dict.fromkeys(SCENE, SCENE | {"petdoor.pictures"}),
    **dict.fromkeys(("petdoor.deploy.plan", "petdoor.deploy.steps"), LEAVES | {"petdoor.deploy.plan"}),
    **dict.fromkeys({"petdoor.cli", *CLI}),
    "petdoor.__main__": {"petdoor.cli"},
}

COMMANDS = {f"tools.commands.{path.stem}" for path in (ROOT / "tools" / "commands").glob("[!_]*.py")}

# Each library in its one place; numpy is the language pictures are spoken in.
HOMES = {
    "cv2": {
        *("petdoor.pictures", "petdoor.film", "petdoor.adapters.captures"),
        *("petdoor.adapters.eyesight", "petdoor.adapters.motion"),
        *(f"petdoor.scene.{part}" for part in ("breeze", "paint", "weather", "yard")),
        *("tools.data.contact", "tools.data.named", "tools.training.augment"),
    },
    "ai_edge_litert": {"petdoor.adapters.classifier"},
    "tflite_runtime": {"petdoor.adapters.classifier"},
    "gpiozero": {"petdoor.gpio", "petdoor.adapters.contacts", "petdoor.adapters.latch"},
    "lgpio": {"petdoor.gpio"},
    "paho": {"petdoor.broker", "petdoor.health.network", "petdoor.monitor.reading", "petdoor.mqtt.line"},
    "pydantic": {"petdoor.settings", "petdoor.config"},
    "yaml": {"petdoor.config"},
    "click": {"petdoor.cli", "petdoor.options", "tools.__main__", "tools.commands"},
    "matplotlib": {"petdoor.plot", "tools.judging.charts"},
    "rich": {"petdoor.monitor.screen", "tools.console"},
    "tensorflow_datasets": {"tools.data.named"},
    "jinja2": {"tools.judging.report"},
    "sklearn": {"tools.judging.metrics"},
    "scipy": {"tools.judging.metrics"},
    "tensorflow": {"tools.conversion", "tools.training"},
    "keras": {
        "tools.networks",
        "tools.conversion",
        "tools.training",
        "tools.data.named",
        "tools.bench_train",
    },
}

# Packages of the host tools that each may use; the single modules beside them are anybody's.
TOOLS_MAY_USE = {
    "data": {"data"},
    "networks": {"networks"},
    "judging": {"judging", "data"},
    "conversion": {"conversion", "networks", "judging", "data"},
    "training": {"training", "conversion", "networks", "judging", "data"},
    "commands": {"commands", "training", "conversion", "networks", "judging", "data"},
}


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path):
    """Every module a file imports; ``from a import b`` counts as a.b where that is a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if (ROOT / inner.replace(".", "/")).with_suffix(".py").exists() else node.module


def allowed(module):
    if module in MAY_IMPORT:
        return MAY_IMPORT[module]
    if module.startswith("petdoor.core"):
        return CORE
    if module == "petdoor.adapters.demo":
        return LEAVES | CORE | SCENE
    if module.startswith("petdoor.adapters"):
        return LEAVES | CORE
    if module.startswith("tools"):
        judging = {"petdoor.adapters.classifier", "petdoor.adapters.motion", "petdoor.classify"}
        return LEAVES | CORE | SCENE | judging
    return set()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_imports_only_what_the_diagram_lets_it(path):
    may = allowed(name_of(path))
    ours = {name for name in imports(path) if name.split(".")[0] == "petdoor"}
    assert may is None or ours <= may


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_library_stays_in_its_home(path):
    strangers = (
        {name.split(".")[0] for name in imports(path)}
        - sys.stdlib_module_names
        - {"petdoor", "tools", "numpy"}
    )
    assert all(is_at_home(name_of(path), HOMES[library]) for library in strangers)


def is_at_home(name, homes):
    """Whether a module is one of these, or lies in a package that is."""
    return any(name == home or name.startswith(f"{home}.") for home in homes)


@pytest.mark.parametrize("package", TOOLS_MAY_USE)
def test_the_packages_of_the_tools_use_only_those_below_them(package):
    files = [path for path in FILES if name_of(path).startswith(f"tools.{package}.")]
    used = {name.split(".")[1] for path in files for name in imports(path) if name.startswith("tools.")}
    assert files
    assert used & set(TOOLS_MAY_USE) <= TOOLS_MAY_USE[package]


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "core"], ids=name_of)
def test_the_core_is_pure(path):
    impure = {"time", "threading", "logging", "os", "io", "pathlib", "random", "socket", "numpy"}
    names = {name.split(".")[0] for name in imports(path)}
    assert not names & impure
    assert names <= sys.stdlib_module_names | {"petdoor"}


def test_the_door_never_imports_the_tools():
    door = [path for path in FILES if name_of(path).startswith("petdoor")]
    assert door
    assert not [path for path in door if any(name.split(".")[0] == "tools" for name in imports(path))]


def test_only_the_command_line_prints_or_exits():
    for path in FILES:
        calls = {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call)
        }
        speaks = calls & {"print", "sys.exit", "exit", "click.echo"}
        assert not speaks or is_at_home(name_of(path), {"petdoor.cli", *COMMANDS}), f"{path}: {speaks}"
