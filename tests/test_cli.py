import json
import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from petdoor import __version__
from petdoor.cli import main
from petdoor.driven import remember
from petdoor.options import DEFAULT_CONFIGS
from petdoor.settings.wiring import LatchSettings
from tests.conftest import as_nobody
from tests.tools.coloured import packed

RED, GREEN, BLUE, PURPLE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (130, 90, 128)
"""Pictures of one colour: a dog, a cat and a bird to the tiny model, and something between dog and bird."""
PLOT_GREEN = (0x2A, 0x9D, 0x4A)
NEEDLESS = ("cv2", "numpy", "paho", "ai_edge_litert", "tflite_runtime", "rich", "PIL")
"""Libraries that a bolt falls without."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder the command runs in, without settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def foreign(tiny_models):
    """A model of 1000 classes that says nothing of itself."""
    return tiny_models / "uint8_logits_1000.tflite"


@pytest.fixture
def colours(folder, tiny_models):
    """Settings with a model that takes red for a dog, green for a cat and blue for a bird."""
    (folder / "labels.txt").write_text("dog\ncat\nbird\n")
    model = {"path": str(tiny_models / "uint8_logits.tflite"), "labels": "labels.txt"}
    return settings(folder, model=model)


def settings(folder, **sections):
    """A settings file; JSON is YAML."""
    file = folder / "settings.yaml"
    file.write_text(json.dumps(sections))
    return file


def picture(name, colour=(90, 120, 150), *, mode="rgb"):
    pixels = np.full((60, 80, 3), colour, np.uint8)
    to = {"rgb": cv2.COLOR_RGB2BGR, "rgba": cv2.COLOR_RGB2BGRA, "grey": cv2.COLOR_RGB2GRAY}[mode]
    assert cv2.imwrite(name, cv2.cvtColor(pixels, to))
    return name


def petdoor(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def answers(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def assert_one_sentence(result, *words, status=1):
    assert result.exit_code == status
    assert result.stderr.startswith("petdoor: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert str(word) in result.stderr


@pytest.mark.parametrize(
    ("command", "lessons"),
    [
        ([], ["petdoor classify rex.jpg", "run", "check", "classify", "lock", "--version"]),
        (["run"], ["SIGTERM", "--config", "picamera:0", "--model", "--loop"]),
        (["check"], ["Exit status: 0", "78", "never unlocked", "/etc/petdoor/config.yaml"]),
        (
            ["classify"],
            ["IMAGES...", "Exit status 1", "--json", "--plot", "--label", "[default: 5", "[mass|top1]"],
        ),
        (["lock"], ["leave it locked", "--config"]),
    ],
)
def test_the_help_of_every_command_teaches(command, lessons):
    for flag in ("--help", "-h"):
        result = petdoor(*command, flag)
        assert result.exit_code == 0
        words = " ".join(result.stdout.split())
        assert [lesson for lesson in lessons if lesson not in words] == []


def test_every_option_says_what_it_is_for():
    commands = [main.get_command(None, name) for name in main.commands]
    options = [option for command in commands for option in command.params]
    assert [option.name for option in options if option.param_type_name == "option" and not option.help] == []


def test_the_version_is_told():
    assert petdoor("--version").stdout == f"petdoor, version {__version__}\n"


def test_a_command_that_is_misspelt_is_told():
    result = petdoor("doctr")
    assert (result.exit_code, "No such command 'doctr'" in result.stderr) == (2, True)


def test_an_unknown_option_is_told():
    result = petdoor("classify", "--colour", "a.png")
    assert result.exit_code == 2
    assert "No such option '--colour'" in result.stderr


def test_classify_without_a_picture_is_told():
    assert petdoor("classify").exit_code == 2


def test_check_prints_every_fault_of_the_settings(folder):
    file = settings(folder, colour="red", rule={"threshold": 1.7}, latch={"pin": 99})
    result = petdoor("check", "--config", file)
    assert result.exit_code == os.EX_CONFIG == 78
    assert result.stderr.startswith(f"petdoor: {file}: 3 faults\n")
    for fault in ("rule.threshold: 1.7", "latch.pin: 99", "colour: there is no such key"):
        assert fault in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("command", [["run"], ["check"], ["lock"], ["classify", "a.png"]])
def test_settings_that_are_not_there_are_told(folder, command):
    result = petdoor(*command, "--config", folder / "nowhere.yaml")
    assert_one_sentence(result, "nowhere.yaml", "No such file", status=78)


@pytest.mark.skipif(DEFAULT_CONFIGS[1].exists(), reason="this machine has settings for a door")
@pytest.mark.parametrize("command", ["run", "check", "lock"])
@pytest.mark.usefixtures("folder")
def test_without_any_settings_the_places_looked_at_are_told(command):
    result = petdoor(command)
    assert_one_sentence(result, "config.yaml", "/etc/petdoor/config.yaml", "--config", status=78)


def test_settings_in_the_folder_are_found(folder):
    settings(folder, latch={"pins": "simulated"}).rename(folder / "config.yaml")
    assert petdoor("lock").exit_code == 0


def test_check_says_how_each_part_fares(folder, foreign):
    file = settings(folder, latch={"pins": "simulated"}, mqtt=None)
    picture("a.png")
    result = petdoor("check", "--config", file, "--model", foreign, "--source", "a.png")
    known = "dog, cat; believes from 0.5 on, veto from 0.06 on"
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "ok    config         every key and value is allowed",
        f"ok    model          {foreign}: 32x32, 1000 classes, knows {known}",
        "note  camera         80x60 from a.png",
        "                     -> the picture is blurred: wipe the lens, or focus it",
        "note  gpio           no GPIO chip used: the latch is SIMULATED",
        "ok    broker         none configured",
    ]


def test_check_tries_the_other_parts_when_some_fail(folder):
    file = settings(folder, latch={"pins": "simulated"})
    result = petdoor("check", "--config", file, "--model", "nowhere.tflite", "--source", "nowhere.mp4")
    assert result.exit_code == 1
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["ok", "config"],
        ["FAIL", "model"],
        ["->", "leave"],
        ["FAIL", "camera"],
        ["note", "gpio"],
        ["ok", "broker"],
    ]


def snapshots_line(folder, wanted):
    """What ``petdoor check`` says of a folder for snapshots."""
    file = settings(folder, latch={"pins": "simulated"}, snapshots={"folder": str(wanted)})
    result = petdoor("check", "--config", file, "--model", "nowhere.tflite", "--source", "nowhere.mp4")
    return " ".join(result.stdout.splitlines()[-1].split())


def test_check_tries_the_folder_for_snapshots_and_does_not_make_it(folder):
    seen = folder / "seen"
    assert snapshots_line(folder, seen) == f"ok snapshots {seen}: can be written; the newest 500 are kept"
    assert not seen.exists()


def test_check_says_what_to_do_about_a_folder_that_cannot_be_written(folder):
    (folder / "file").touch()
    line = snapshots_line(folder, folder / "file" / "seen")
    assert line.startswith(f"FAIL snapshots snapshots.folder: {folder}/file/seen: cannot write into")
    assert line.endswith("or name another folder")


def test_a_source_that_does_not_suit_the_settings_is_told(folder):
    file = settings(folder, camera={"width": 100})
    result = petdoor("check", "--config", file, "--source", "picamera:0")
    assert_one_sentence(result, "--source picamera:0", "multiple of 64", status=78)


def test_lock_says_when_the_latch_is_simulated(folder):
    result = petdoor("lock", "--config", settings(folder, latch={"pins": "simulated"}))
    assert result.exit_code == 0
    assert result.stdout.startswith("locked GPIO 17 (simulated")


def test_lock_works_for_a_servo_too(folder):
    servo = {"travel_seconds": 0.01}
    file = settings(folder, latch={"kind": "servo", "pins": "simulated", "servo": servo})
    assert petdoor("lock", "--config", file).stdout.startswith("locked")


@pytest.fixture
def broken(tmp_path):
    """Where Python finds these libraries first, and each of them cannot be imported."""
    place = tmp_path / "broken"
    place.mkdir()
    for name in NEEDLESS:
        (place / f"{name}.py").write_text("raise ImportError('half installed')")
    return place


def test_a_killed_door_is_locked_though_the_libraries_it_saw_with_are_broken(folder, broken):
    file = settings(folder, latch={"pins": "simulated"})
    command = [sys.executable, "-m", "petdoor", "lock", "--config", file]
    environ = {**os.environ, "PYTHONPATH": str(broken)}
    assert subprocess.check_output(command, env=environ).startswith(b"locked GPIO 17")


@pytest.mark.usefixtures("driven")
def test_a_killed_door_is_locked_without_loading_what_it_saw_and_told_with(folder):
    file = settings(folder, latch={"pins": "simulated"})
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules)); from petdoor.cli import main; "
    command = [sys.executable, "-c", f"{code} main()", "lock", "--config", file]
    *locked, loaded = subprocess.check_output(command, text=True).splitlines()
    assert len(locked) == 2
    assert {*NEEDLESS} & {*loaded.split()} == set()


@pytest.mark.parametrize(
    ("colour", "verdict", "species", "message"),
    [
        (RED, "admit", "dog", "Doggy come on in!"),
        (GREEN, "keep_in", "cat", "Kitty stay inside!"),
        (BLUE, "refuse", "other", "You're not a dog! Stay outside!"),
    ],
)
def test_classify_says_what_the_door_would(colours, colour, verdict, species, message):
    result = petdoor("classify", "--config", colours, "--json", picture("a.png", colour))
    assert result.exit_code == 0
    [answer] = answers(result)
    assert (answer["verdict"], answer["species"], answer["message"]) == (verdict, species, message)
    assert answer["probabilities"][species] > 0.99


def test_classify_bars_by_the_models_own_veto(folder, tiny_models):
    judged = {}
    for veto in (0.3, None):
        model = packed(tiny_models, folder / "own.tflite", veto=veto)
        result = petdoor("classify", "--model", model, "--json", picture("a.png", (200, 156, 15)))
        judged[veto] = answers(result)[0]["verdict"]
    assert judged == {0.3: "admit", None: "keep_in"}


def test_classify_tells_people_in_a_few_lines(colours):
    result = petdoor("classify", "--config", colours, picture("rex.png", RED))
    first, second, *classes = result.stdout.splitlines()
    assert first == "rex.png: Doggy come on in!"
    assert second.startswith("    dog 1.00, cat 0.00, other 0.00  (")
    assert [line.split()[1] for line in classes] == ["dog", "cat", "bird"]


def test_an_answer_in_json_has_exactly_these_keys(folder, foreign):
    name = str(folder / picture("a.png"))
    [answer] = answers(petdoor("classify", "--model", foreign, "--json", name))
    assert set(answer) == {"image", "verdict", "species", "message", "probabilities", "top", "inference_ms"}
    assert answer["image"] == name
    assert set(answer["probabilities"]) == {"dog", "cat", "other"}
    assert all(set(best) == {"index", "label", "probability"} for best in answer["top"])
    assert answer["inference_ms"] > 0


@pytest.mark.usefixtures("folder")
def test_the_best_classes_come_first_with_their_imagenet_names(foreign):
    [answer] = answers(petdoor("classify", "--model", foreign, "--json", "--top", 1000, picture("a.png")))
    probabilities = [best["probability"] for best in answer["top"]]
    labels = {best["index"]: best["label"] for best in answer["top"]}
    assert probabilities == sorted(probabilities, reverse=True)
    assert (len(labels), labels[151], labels[281]) == (1000, "Chihuahua", "tabby")
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=0.001)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("options", "count"), [([], 5), (["--top", 1], 1), (["--top", 12], 12)])
def test_as_many_classes_are_shown_as_asked_for(foreign, options, count):
    [answer] = answers(petdoor("classify", "--model", foreign, "--json", *options, picture("a.png")))
    assert len(answer["top"]) == count


def test_a_model_may_have_fewer_classes_than_are_shown(colours):
    [answer] = answers(petdoor("classify", "--config", colours, "--json", picture("a.png", RED)))
    assert len(answer["top"]) == 3


def test_the_original_rule_can_be_asked_for(colours):
    shared = ["classify", "--config", colours, "--json", picture("a.png", PURPLE)]
    species = [answers(petdoor(*shared, "--rule", rule))[0]["species"] for rule in ("mass", "top1")]
    assert species == ["other", "dog"]


def test_the_rule_of_the_settings_counts_when_none_is_asked_for(colours):
    file = settings(colours.parent, rule={"method": "top1"}, **json.loads(colours.read_text()))
    shared = ["classify", "--config", file, "--json", picture("a.png", PURPLE)]
    assert answers(petdoor(*shared))[0]["species"] == "dog"
    assert answers(petdoor(*shared, "--rule", "mass"))[0]["species"] == "other"


def test_the_policy_of_the_settings_decides(colours):
    policy = {"admit": ["cat"], "keep_in": ["dog"]}
    file = settings(colours.parent, policy=policy, **json.loads(colours.read_text()))
    [answer] = answers(petdoor("classify", "--config", file, "--json", picture("a.png", GREEN)))
    assert answer["verdict"] == "admit"


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", None])
def test_an_unreadable_picture_does_not_stop_the_others(folder, foreign, content):
    if content is not None:
        (folder / "bad.png").write_bytes(content)
    names = [picture("a.png"), "bad.png", picture("b.png")]
    result = petdoor("classify", "--model", foreign, "--json", *names)
    first, bad, last = answers(result)
    assert result.exit_code == 1
    assert (first["image"], last["image"]) == ("a.png", "b.png")
    assert set(bad) == {"image", "error"}
    assert bad["image"] == "bad.png"
    assert bad["error"].startswith("bad.png: ")


def test_a_picture_of_no_bytes_is_told_to_people(folder, foreign):
    (folder / "zero.png").touch()
    result = petdoor("classify", "--model", foreign, "zero.png")
    assert (result.exit_code, result.stdout) == (1, "zero.png: the file is empty\n")


def test_a_folder_is_no_picture(folder, foreign):
    result = petdoor("classify", "--model", foreign, "--json", folder)
    assert (result.exit_code, set(answers(result)[0])) == (1, {"image", "error"})


@pytest.mark.usefixtures("folder")
def test_a_grey_picture_is_judged(foreign):
    result = petdoor("classify", "--model", foreign, "--json", picture("grey.png", mode="grey"))
    assert (result.exit_code, len(answers(result)[0]["top"])) == (0, 5)


def test_a_picture_with_an_alpha_channel_is_judged_by_its_colours(colours):
    names = [picture("rgb.png", RED), picture("rgba.png", RED, mode="rgba")]
    plain, alpha = answers(petdoor("classify", "--config", colours, "--json", *names))
    assert alpha["probabilities"] == plain["probabilities"]
    assert alpha["species"] == "dog"


def count_green(name):
    pixels = cv2.cvtColor(cv2.imread(name), cv2.COLOR_BGR2RGB)
    return int((pixels == PLOT_GREEN).all(axis=2).sum())


def test_a_plot_is_a_picture_with_a_row_for_each_judgement(colours):
    names = [picture("a.png", RED), picture("b.png", BLUE)]
    assert petdoor("classify", "--config", colours, "--plot", "one.png", names[0]).exit_code == 0
    assert petdoor("classify", "--config", colours, "--plot", "two.png", *names).exit_code == 0
    one, two = cv2.imread("one.png"), cv2.imread("two.png")
    assert two.shape[0] == pytest.approx(2 * one.shape[0], abs=2)
    assert one.std() > 1
    assert count_green("one.png") == 0


@pytest.mark.parametrize("label", ["dog", "DOG", "Dog"])
def test_a_plot_colours_the_right_answer(colours, label):
    name = picture("a.png", RED)
    result = petdoor("classify", "--config", colours, "--plot", "out.png", "--label", label, name)
    assert result.exit_code == 0
    assert count_green("out.png") > 1000


def test_a_plot_colours_all_classes_of_the_right_species(colours):
    (colours.parent / "labels.txt").write_text("poodle\ntabby\nbird\n")
    model = json.loads(colours.read_text())["model"] | {"species": {"dog": [[0, 0]], "cat": [[1, 1]]}}
    file = settings(colours.parent, model=model)
    petdoor("classify", "--config", file, "--plot", "out.png", "--label", "dog", picture("a.png", RED))
    assert count_green("out.png") > 1000


def test_a_plot_colours_a_class_as_well_as_a_species(colours):
    petdoor("classify", "--config", colours, "--plot", "out.png", "--label", "bird", picture("a.png", BLUE))
    assert count_green("out.png") > 1000


def test_a_plot_does_not_colour_a_wrong_answer_that_is_most_probable(colours):
    petdoor("classify", "--config", colours, "--plot", "out.png", "--label", "cat", picture("a.png", RED))
    assert count_green("out.png") < 1000


def test_a_plot_leaves_out_what_cannot_be_read(colours):
    result = petdoor(
        "classify", "--config", colours, "--plot", "out.png", picture("a.png", RED), "nowhere.png"
    )
    assert result.exit_code == 1
    assert cv2.imread("out.png") is not None


def test_no_plot_is_made_of_nothing(colours):
    result = petdoor("classify", "--config", colours, "--plot", "out.png", "nowhere.png")
    assert result.exit_code == 1
    assert not Path("out.png").exists()


def test_a_picture_may_have_a_name_that_looks_like_a_formula(colours):
    result = petdoor("classify", "--config", colours, "--plot", "out.png", picture("$^$.png", RED))
    assert result.exit_code == 0
    assert cv2.imread("out.png") is not None


@pytest.mark.parametrize("plot", ["out.xyz", "nowhere/out.png"])
def test_a_plot_that_cannot_be_written_is_told(colours, plot):
    result = petdoor("classify", "--config", colours, "--plot", plot, picture("a.png", RED))
    assert result.exit_code == 1
    assert result.stderr.startswith("petdoor: ")


@pytest.mark.parametrize("kept", [0, 4, 8, 1000, 20_000, -1])
def test_a_model_that_was_cut_off_is_told_in_one_sentence(folder, foreign, kept):
    cut = folder / "cut.tflite"
    cut.write_bytes(foreign.read_bytes()[:kept])
    result = petdoor("classify", "--model", cut, picture("a.png"))
    assert_one_sentence(result, cut)


def test_a_text_file_that_calls_itself_a_model_is_told(folder):
    (folder / "text.tflite").write_text("I am a model, believe me.\n" * 100)
    result = petdoor("classify", "--model", "text.tflite", picture("a.png"))
    assert_one_sentence(result, "text.tflite: this is no TensorFlow Lite model")


@pytest.mark.usefixtures("folder")
def test_a_model_that_is_not_there_is_told():
    result = petdoor("classify", "--model", "nowhere.tflite", picture("a.png"))
    assert_one_sentence(result, "nowhere.tflite: cannot read the model")


@pytest.mark.usefixtures("folder")
def test_a_model_whose_outputs_nobody_can_explain_is_told(tiny_models):
    result = petdoor("classify", "--model", tiny_models / "uint8_logits_7.tflite", picture("a.png"))
    assert_one_sentence(result, "7 outputs", "model.labels")


def test_locking_works_beside_faults_elsewhere(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("log_level: loud\nlatch: {pins: simulated}\n")
    result = CliRunner().invoke(main, ["lock", "--config", str(path)])
    assert (result.exit_code, result.output) == (0, "locked GPIO 17 (simulated: no bolt moves)\n")


def test_the_doctor_examines_a_machine_without_settings_kindly(folder):
    result = petdoor("doctor", "--source", "demo", "--picture", folder / "seen.jpg")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0].startswith("note  config         no config.yaml: the defaults are looked at")
    assert "sudo petdoor install-service" in lines[1]
    assert lines[-1] == "nothing to mend"
    assert cv2.imread(str(folder / "seen.jpg")).shape == (480, 640, 3)


def test_the_doctor_says_what_is_to_mend(folder):
    result = petdoor("doctor", "--config", settings(folder), "--source", "0", "--model", "no.tflite")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "to mend: model, camera"


def test_the_doctor_speaks_json(folder):
    result = petdoor("doctor", "--json", "--config", settings(folder), "--source", "demo")
    report = json.loads(result.stdout)
    assert (report["version"], report["healthy"]) == (__version__, True)
    assert {"part", "level", "detail", "advice"} == set(report["findings"][0])


def test_the_doctor_looks_at_the_machine_though_the_settings_hold_faults(folder):
    result = petdoor("doctor", "--config", settings(folder, colour="red"))
    assert result.exit_code == 78
    assert "colour: there is no such key" in result.stdout
    assert "python" in result.stdout
    assert result.stdout.splitlines()[-1] == "to mend: config"


def test_a_picture_that_cannot_be_kept_is_told(folder):
    result = petdoor("doctor", "--source", "demo", "--picture", folder / "nowhere" / "seen.jpg")
    assert_one_sentence(result, "--picture", "No such file")


def test_the_latch_is_not_tested_when_nobody_can_answer(folder):
    result = petdoor("test-latch", "--config", settings(folder))
    assert result.exit_code == 2
    assert "--yes" in result.stderr


def test_what_may_heal_by_itself_does_not_keep_the_service_from_being_tried_again(folder, foreign):
    file = settings(folder, model={"path": str(foreign)}, policy={"keep_in": ["Cat"]})
    result = petdoor("run", "--config", file)
    assert (result.exit_code, "knows nothing called Cat" in result.output) == (1, True)


@pytest.fixture
def driven(tmp_path, monkeypatch):
    """A door on other pins has died; its service keeps what it knows in this folder."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    latch = LatchSettings.model_validate({"pin": 5, "exit_pin": 6, "pins": "simulated"})
    remember(latch, os.environ)
    return tmp_path / "bolt.json"


def test_what_a_dead_door_drove_is_locked_before_what_the_settings_name_now(folder, driven):
    result = petdoor("lock", "--config", settings(folder, latch={"pin": 27, "pins": "simulated"}))
    assert [line.partition(" (")[0] for line in result.output.splitlines()] == [
        "locked GPIO 5 and 6",
        "locked GPIO 27",
    ]
    assert not driven.exists()


@pytest.mark.parametrize(("pin", "status"), [(27, 0), (99, 78)])
def test_once_a_dead_door_is_locked_its_coil_is_known_to_cool(folder, driven, pin, status):
    coil, since = driven.with_name("coil.json"), time.monotonic() - 5
    coil.write_text(json.dumps([[since, None, "out"]]))
    assert petdoor("lock", "--config", settings(folder, latch={"pin": pin})).exit_code == status
    [[began, until, way]] = json.loads(coil.read_text())
    assert (began, way) == (since, "out")
    assert since + 5 <= until <= time.monotonic()


def test_a_dead_door_is_locked_whatever_is_known_of_its_coil(folder, driven):
    driven.with_name("coil.json").mkdir()
    result = petdoor("lock", "--config", settings(folder, latch={"pin": 27, "pins": "simulated"}))
    assert (result.exit_code, result.stdout.count("locked GPIO")) == (0, 2)


def test_settings_with_faults_do_not_keep_what_was_driven_from_being_locked(folder, driven):
    result = petdoor("lock", "--config", settings(folder, latch={"pin": 99}))
    assert result.stdout.startswith("locked GPIO 5 and 6")
    assert (result.exit_code, driven.exists()) == (78, False)


def test_a_note_of_what_was_driven_that_makes_no_sense_leaves_the_settings(folder, driven):
    driven.write_text("{")
    result = petdoor("lock", "--config", settings(folder, latch={"pin": 27, "pins": "simulated"}))
    assert (result.exit_code, result.stdout.startswith("locked GPIO 27")) == (0, True)


@pytest.mark.usefixtures("folder")
def test_the_doctor_works_in_a_folder_that_is_closed_to_this_user():
    with as_nobody():
        result = petdoor("doctor", "--source", "demo")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "nothing to mend")
