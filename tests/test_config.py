import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml

from petdoor import config
from petdoor.core.heat import HeatBudget
from petdoor.core.policy import Policy
from petdoor.errors import ConfigError, UnmetError
from petdoor.settings import Settings
from petdoor.settings.seeing import CameraSettings
from petdoor.settings.telling import MqttSettings, TlsSettings
from tests.conftest import as_nobody

SHIPPED = Path(__file__).parent.parent / "config.yaml"
VARIABLE = "PETDOOR_MQTT_PASSWORD"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config.yaml"


def loaded(file, text):
    file.write_text(text, "utf-8")
    return config.load(file)


def fault(file, text):
    with pytest.raises(ConfigError) as caught:
        loaded(file, text)
    return str(caught.value)


def keys(values, prefix=""):
    """All keys of nested mappings, dotted."""
    found = set()
    for key, value in values.items():
        found.add(prefix + key)
        if isinstance(value, dict):
            found |= keys(value, f"{prefix}{key}.")
    return found


def shipped_with_mqtt():
    """The shipped settings with the example in their comments made real."""
    text = re.sub("^mqtt: null$", "mqtt:", SHIPPED.read_text("utf-8"), flags=re.MULTILINE)
    return re.sub("^#(  +[a-z])", r" \1", text, flags=re.MULTILINE)


def test_the_shipped_settings_are_the_defaults():
    assert config.load(SHIPPED) == Settings()


def test_the_shipped_settings_show_every_key_and_no_other():
    everything = Settings(mqtt=MqttSettings(host="h", tls=TlsSettings()))
    assert keys(yaml.safe_load(shipped_with_mqtt())) == keys(everything.model_dump())


def test_the_mqtt_example_in_the_comments_works(file):
    mqtt = loaded(file, shipped_with_mqtt()).mqtt
    defaults = MqttSettings(host="homeassistant.local")
    assert (mqtt.host, mqtt.username, mqtt.tls) == (defaults.host, "petdoor", TlsSettings())
    assert (mqtt.port, mqtt.keepalive_seconds) == (defaults.port, defaults.keepalive_seconds)


@pytest.mark.parametrize("text", ["", "# nothing here\n", "---\n", "id: petdoor\n"])
def test_what_is_left_out_keeps_its_default(file, text):
    assert loaded(file, text).policy == Settings().policy


@pytest.mark.parametrize("text", ["", "id: rex", "model: {}", "model: {threads: 4}"])
def test_without_a_model_of_its_own_a_door_has_petdoors(file, text):
    assert loaded(file, text).model.path is None


def test_one_changed_key_of_a_section_leaves_the_others_alone(file):
    settings = loaded(file, "policy: {unlock_seconds: 7}")
    assert settings.policy == Settings().policy.model_copy(update={"unlock_seconds": 7.0})


def test_relative_paths_are_relative_to_the_file(file):
    text = (
        "model: {path: models/a.tflite, labels: a.txt}\n"
        "snapshots: {folder: seen}\n"
        "mqtt: {host: h, password_file: pw, tls: {ca_file: ca, cert_file: cert, key_file: key}}\n"
    )
    settings, folder = loaded(file, text), file.parent
    assert settings.model.path == folder / "models" / "a.tflite"
    assert settings.model.labels == folder / "a.txt"
    assert settings.snapshots.folder == folder / "seen"
    assert settings.mqtt.password_file == folder / "pw"
    assert settings.mqtt.tls == TlsSettings(
        ca_file=folder / "ca", cert_file=folder / "cert", key_file=folder / "key"
    )


def test_absolute_paths_stay_as_they_are(file):
    assert loaded(file, "model: {path: /srv/a.tflite}").model.path == Path("/srv/a.tflite")


def test_the_demo_is_no_file(file):
    assert loaded(file, "camera: {source: demo}").camera.source == "demo"


@pytest.mark.parametrize("source", ["clip.mp4", "pictures", "pictures/*.jpg"])
def test_a_camera_source_that_is_a_file_is_relative_to_the_settings_too(file, source):
    assert loaded(file, f"camera: {{source: '{source}'}}").camera.source == str(file.parent / source)


@pytest.mark.parametrize("source", ["0", "12", "picamera:1", "rtsp://host/a", "http://host/b", "/dev/video0"])
def test_a_camera_source_that_is_no_relative_file_stays_as_it_is(file, source):
    assert loaded(file, f"camera: {{source: '{source}'}}").camera.source == source


def test_a_camera_may_be_a_bare_number(file):
    assert loaded(file, "camera: {source: 2}").camera.source == "2"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "rule: {threshold: 1.7}",
            "rule.threshold: 1.7 is not allowed; it should be less than or equal to 1",
        ),
        ("rule: {threshold: 0}", "rule.threshold: 0 is not allowed; it should be greater than 0"),
        ("rule: {method: best}", "rule.method: 'best' is not allowed; it should be 'mass' or 'top1'"),
        ("camera: {width: wide}", "camera.width: 'wide' is not allowed; it should be a valid integer"),
        ("camera: {fps: '10'}", "camera.fps: '10' is not allowed; it should be a valid number"),
        ("camera: {loop: 1}", "camera.loop: 1 is not allowed; it should be a valid boolean"),
        ("camera: {rotate: 45}", "camera.rotate: 45 is not allowed; it should be 0, 90, 180 or 270"),
        ("latch: {pin: 28}", "latch.pin: 28 is not allowed; it should be less than or equal to 27"),
        ("motion: {area: .nan}", "motion.area: nan is not allowed; it should be a finite number"),
        ("id: yes", "id: True is not allowed; it should be a valid string"),
        ("policy: {max_unlock_seconds: 61}", "policy.max_unlock_seconds: 61 is not allowed"),
        ("policy: {confirm_frames: 1}", "policy.confirm_frames: 1 is not allowed"),
        ("mqtt: {}", "mqtt.host: is missing"),
        ("colour: red", "colour: there is no such key"),
        ("latch: {servo: {speed: 3}}", "latch.servo.speed: there is no such key"),
        ("policy: {admit: dog}", "policy.admit: 'dog' is not allowed"),
        ("policy: {admit: [other]}", "policy.admit: ['other'] is not allowed: 'other' may not be admitted"),
        ("policy: {admit: [dog, cat]}", "cat cannot be admitted and kept in at once"),
        ("policy: {confirm_frames: 6}", "policy.window_frames: 5 is not allowed: confirm_frames or more"),
        (
            "policy: {unlock_seconds: 30}",
            "policy.max_unlock_seconds: 20.0 is not allowed: unlock_seconds or more",
        ),
        ("camera: {roi: [0.5, 0.0, 0.6, 1.0]}", "left + width and top + height must stay within 1"),
        ("camera: {roi: [0.0, 0.0, 0.0, 1.0]}", "neither may be empty"),
        ("model: {path: a, species: {other: [[1, 2]]}}", "none of them 'other'"),
        ("model: {path: a, species: {dog: [[5, 1]]}}", "class range 5..1 must satisfy"),
    ],
)
def test_a_fault_is_told_with_file_key_and_what_is_allowed(file, text, sentence):
    said = fault(file, text)
    assert said.startswith(f"{file}: 1 fault\n")
    assert sentence in said


def test_all_faults_are_told_at_once(file):
    text = (
        "id: a b\ncolour: red\nrule: {threshold: 1.7}\ncamera: {width: wide, rotate: 45}\nlog_level: loud\n"
    )
    said = fault(file, text)
    assert said.startswith(f"{file}: 6 faults\n")
    told = [line.strip().partition(":")[0] for line in said.splitlines()[1:]]
    assert sorted(told) == ["camera.rotate", "camera.width", "colour", "id", "log_level", "rule.threshold"]


def test_two_keys_at_odds_are_told_beside_another_fault_of_their_section(file):
    said = fault(file, "policy: {confirm_frames: 6, window_frames: 5, veto_confidence: 2}")
    assert "veto_confidence: 2 is not allowed" in said
    assert "policy.window_frames: 5 is not allowed: confirm_frames or more" in said


@pytest.mark.parametrize("text", ["camera:\n\twidth: 64\n", "camera:\n  width: 64\n\theight: 64\n"])
def test_a_tab_is_told_with_its_line_and_a_hint(file, text):
    said = fault(file, text)
    assert re.search(r"config.yaml: line \d, column 1: ", said)
    assert said.endswith("YAML is indented with spaces, never with tabs")


def test_a_coil_that_bears_less_than_one_unlocking_is_a_fault_unless_it_is_no_coil(file):
    latch = "latch: {kind: %s, duty_cycle: 0.1, duty_window_seconds: 40}"
    said = fault(file, latch % "solenoid")
    assert "latch" in said
    assert "is 4 s: less than policy.unlock_seconds" in said
    assert loaded(file, latch % "servo").rules().heat is None


def test_the_latch_tells_the_core_what_its_coil_bears(file):
    assert loaded(file, "latch: {duty_cycle: 0.5}").rules(veto=0.2).heat == HeatBudget(0.5, 600.0)


def test_a_repeated_key_is_a_fault_with_its_line(file):
    said = fault(file, "camera:\n  width: 64\n  height: 64\n  width: 128\n")
    assert said == f"{file}: line 4, column 3: the key 'width' stands here twice"


def test_the_same_key_in_two_sections_is_none(file):
    assert loaded(file, "rule: {threshold: 0.5}\nmotion: {level: 5}\nid: a").id == "a"


@pytest.mark.parametrize(("text", "kind"), [("- id: a\n", "list"), ("petdoor\n", "str"), ("5\n", "int")])
def test_settings_that_are_no_mapping_are_told(file, text, kind):
    assert fault(file, text) == f"{file}: must hold 'key: value' lines, not a {kind}"


@pytest.mark.parametrize(
    "text", ["camera: {width: 64", "a: b: c", "id: !!python/name:os.system ''", "a: 1\n---\nb: 2\n", "id: *a"]
)
def test_broken_yaml_is_told_with_its_line(file, text):
    assert re.match(rf"{re.escape(str(file))}: line \d+, column \d+: \w", fault(file, text))


@pytest.mark.parametrize("text", ["2024-05-01: x\n", "id: &a [*a]\n", "? [a, b]\n: c\n"])
def test_keys_and_values_yaml_allows_but_settings_do_not_are_faults(file, text):
    assert str(file) in fault(file, text)


def test_a_merged_section_counts_as_if_it_were_written_out(file):
    assert loaded(file, "camera:\n  <<: {width: 320}\n  height: 240\n").camera.width == 320


def test_a_missing_file_is_told(file):
    with pytest.raises(ConfigError, match=r"config.yaml: cannot read the configuration: .*No such file"):
        config.load(file)


def test_a_folder_is_no_configuration(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the configuration"):
        config.load(tmp_path)


def test_a_file_that_is_not_utf8_is_told(file):
    file.write_bytes("id: café".encode("latin-1"))
    with pytest.raises(ConfigError, match="cannot read the configuration: 'utf-8' codec"):
        config.load(file)


def test_a_control_character_is_told(file):
    assert "special characters are not allowed" in fault(file, "id: a\x01\n")


@pytest.mark.parametrize("width", [32, 63, 100, 600])
def test_a_raspberry_pi_camera_needs_a_width_of_whole_64s(file, width):
    said = fault(file, f"camera: {{source: 'picamera:0', width: {width}}}")
    assert f"camera.width: {width} is not allowed: a Raspberry Pi camera needs a multiple of 64" in said


def test_a_raspberry_pi_camera_needs_an_even_height(file):
    said = fault(file, "camera: {source: 'picamera:0', height: 479}")
    assert "camera.height: 479 is not allowed: a Raspberry Pi camera needs a multiple of 2" in said


@pytest.mark.parametrize(("source", "width"), [("picamera:0", 64), ("picamera:0", 1280), ("0", 100)])
def test_a_width_that_suits_the_camera_is_allowed(file, source, width):
    assert loaded(file, f"camera: {{source: '{source}', width: {width}}}").camera.width == width


def test_a_source_from_the_command_line_replaces_the_one_in_the_file():
    camera = config.with_source(CameraSettings(width=320), "clip.mp4")
    assert (camera.source, camera.width) == ("clip.mp4", 320)


def test_a_source_from_the_command_line_must_suit_the_other_settings():
    with pytest.raises(ConfigError, match=r"--source picamera:0: .*multiple of 64"):
        config.with_source(CameraSettings(width=100), "picamera:0")


def test_the_password_may_not_stand_in_the_settings_and_is_not_repeated(file):
    said = fault(file, "mqtt: {host: h, password: hunter2}")
    assert "mqtt.password: there is no such key" in said
    assert "hunter2" not in said


def test_the_password_comes_from_its_file_without_the_line_end(file):
    (file.parent / "pw").write_text("from file\n")
    assert loaded(file, "mqtt: {host: h, password_file: pw}").mqtt.password({}) == "from file"


def test_the_password_comes_from_systemds_credential(tmp_path):
    (tmp_path / "mqtt-password").write_text("from systemd\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert MqttSettings(host="h").password(environ) == "from systemd"


def test_the_password_comes_from_the_environment():
    assert MqttSettings(host="h").password({VARIABLE: "from environment"}) == "from environment"


def test_an_empty_credential_is_none_but_a_named_file_must_hold_something(tmp_path):
    (tmp_path / "mqtt-password").write_text("\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path), VARIABLE: "from environment"}
    assert MqttSettings(host="h").password(environ) == "from environment"
    with pytest.raises(ConfigError, match="is empty"):
        MqttSettings(host="h", password_file=tmp_path / "mqtt-password").password(environ)


def test_no_password_is_no_password():
    assert MqttSettings(host="h").password({}) is None


def test_the_file_comes_before_the_credential_and_that_before_the_environment(tmp_path):
    (tmp_path / "pw").write_text("from file")
    (tmp_path / "mqtt-password").write_text("from systemd")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path), VARIABLE: "from environment"}
    assert MqttSettings(host="h", password_file=tmp_path / "pw").password(environ) == "from file"
    assert MqttSettings(host="h").password(environ) == "from systemd"


def test_a_credentials_folder_without_ours_leaves_the_environment(tmp_path):
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path), VARIABLE: "from environment"}
    assert MqttSettings(host="h").password(environ) == "from environment"


def test_a_password_file_that_cannot_be_read_is_a_fault_even_if_the_environment_has_one(tmp_path):
    settings = MqttSettings(host="h", password_file=tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"mqtt.password_file: cannot read .*nowhere"):
        settings.password({VARIABLE: "from environment"})


@pytest.fixture
def shown():
    """What systemd shows; a folder that others than root may look into."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "mqtt-password").write_text("from systemd")
        yield folder


def test_a_file_that_is_root_s_alone_gives_way_to_what_systemd_shows_of_it(tmp_path, shown):
    settings = MqttSettings(host="h", password_file=tmp_path / "pw")
    with as_nobody():
        assert settings.password({"CREDENTIALS_DIRECTORY": shown}) == "from systemd"
        assert settings.careless_file is None
        with pytest.raises(UnmetError, match=r"mqtt.password_file: cannot read .*Permission denied"):
            settings.password({})


def test_the_policy_of_the_settings_is_the_policy_of_the_core(file):
    policy = loaded(file, "policy: {admit: [cat], keep_in: [dog], unlock_seconds: 7}").policy.policy()
    assert (policy.admit, policy.keep_in) == (frozenset({"cat"}), frozenset({"dog"}))
    assert policy.unlock_seconds == 7.0


def test_the_veto_is_the_models_own_unless_the_settings_name_one(file):
    silent, spoken = loaded(file, "").policy, loaded(file, "policy: {veto_confidence: 0.5}").policy
    assert silent.policy(veto=0.2).veto_confidence == 0.2
    assert spoken.policy(veto=0.2).veto_confidence == 0.5
    assert silent.policy().veto_confidence == Policy().veto_confidence


def test_two_faults_of_the_camera_are_told_beside_a_third(file):
    said = fault(file, "camera: {roi: [0.5, 0, 0.6, 1], source: 'picamera:0', width: 100, fps: 500}")
    assert all(key in said for key in ("camera.roi", "camera.width", "camera.fps"))


@pytest.mark.parametrize(
    "text",
    [
        "camera: {source: ''}",
        "model: {path: a, input_range: [0, 0]}",
        "mqtt: {host: 'broker..local'}",
        "camera: {stall_seconds: 11}",
    ],
)
def test_a_value_that_could_only_fail_later_is_a_fault_now(file, text):
    assert "1 fault\n" in fault(file, text)


def test_the_latch_can_be_read_beside_faults_elsewhere(file):
    file.write_text("log_level: loud\nlatch: {pin: 5}\n")
    assert config.load_latch(file).pin == 5


def test_a_latch_with_faults_of_its_own_cannot(file):
    file.write_text("latch: {pin: 99}\n")
    with pytest.raises(ConfigError, match=r"latch\.pin: 99"):
        config.load_latch(file)
