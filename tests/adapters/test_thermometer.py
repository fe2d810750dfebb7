from petdoor.adapters.thermometer import celsius


def zones(folder, *contents):
    """A folder like the kernel's; None is a sensor that tells nothing."""
    for number, content in enumerate(contents):
        zone = folder / f"thermal_zone{number}"
        zone.mkdir()
        if content is not None:
            (zone / "temp").write_bytes(content)
    return folder


def test_the_warmest_of_several_sensors_counts(tmp_path):
    assert celsius(zones(tmp_path, b"41250\n", b"48312\n", b"39000\n")) == 48.312


def test_frost_is_told_as_frost(tmp_path):
    assert celsius(zones(tmp_path, b"-12500\n", b"-7000\n")) == -7.0


def test_a_machine_without_sensors_tells_nothing(tmp_path):
    assert celsius(tmp_path) is None
    assert celsius(tmp_path / "absent") is None


def test_a_sensor_that_cannot_be_read_does_not_hide_the_others(tmp_path):
    folder = zones(tmp_path, b"", b"warm\n", b"\xff\xfe", None, b"35000\n")
    (folder / "thermal_zone3" / "temp").mkdir()
    assert celsius(folder) == 35.0


def test_where_no_sensor_can_be_read_nothing_is_told(tmp_path):
    assert celsius(zones(tmp_path, b"", b"warm\n")) is None


def test_what_only_looks_like_a_sensor_is_none(tmp_path):
    fan = zones(tmp_path, b"35000\n") / "cooling_device0"
    fan.mkdir()
    (fan / "temp").write_text("99000\n")
    assert celsius(tmp_path) == 35.0
