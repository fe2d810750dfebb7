"""``tools models``, as a user runs it: which networks there are, and what they are made of."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from tests.conftest import ROOT
from tools.commands.export import export
from tools.commands.models import models
from tools.commands.train import train
from tools.networks.backbones import BACKBONES


@pytest.fixture(scope="module")
def listing():
    """What the command prints, and how many kilobytes it took at most."""
    program = (
        "from tools.__main__ import main; main(['models'], standalone_mode=False);"
        "print(*[line for line in open('/proc/self/status') if line.startswith('VmHWM')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *shown, peak = done.stdout.strip().splitlines()
    return shown, int(peak.split()[1])


def run(*options):
    return CliRunner().invoke(models, [str(option) for option in options])


@pytest.mark.parametrize("name", BACKBONES)
def test_every_network_is_listed_with_its_input_preprocessing_and_use(listing, name):
    row = BACKBONES[name]
    line = next(line for line in listing[0] if line.startswith(f"{name} "))
    assert f" {row.size} px " in line
    assert row.preprocessing in line
    assert row.about in line
    assert (" ImageNet " in line) == row.is_pretrained or "ImageNet mean" in line


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("mobilenetv2", "3,538,984"),
        ("alexnet", "61,100,840"),
        ("resnet50", "25,636,712"),
        ("vgg16", "15,227,688"),
    ],
)
def test_parameters_are_counted_with_1000_classes(listing, name, count):
    assert next(line for line in listing[0] if line.startswith(f"{name} ")).split()[1] == count


def test_the_whole_of_vgg16_and_the_widths_of_mobilenetv2_are_told(listing):
    assert "vgg16 with its own dense layers (--include-top): 138,357,544" in listing[0]
    assert "mobilenetv2 has the widths --alpha 0.35, 0.5, 0.75, 1, 1.3, 1.4" in listing[0]


def test_counting_allocates_none_of_the_550_megabytes_of_vgg16(listing):
    assert listing[1] < 0.9e6


def test_a_summary_tells_each_layer_its_shape_and_its_parameters():
    shown = run("--summary", "cnn", "--classes", 2).stdout.splitlines()
    rows = [line.split() for line in shown]
    convolutions = [row[1:] for row in rows if row[1] == "Conv2D"]
    assert convolutions[2] == ["Conv2D", "40", "x", "40", "x", "64", "18,496"]
    assert ["scores", "Dense", "2", "1,026"] in rows
    assert rows[-1][-1] == "13,132,322"


def test_a_summary_shows_preprocessing_in_the_graph():
    assert "caffe_preprocessing" in run("--summary", "vgg16").stdout
    assert "Rescaling" in run("--summary", "mobilenetv2").stdout


def test_a_summary_of_vgg16_has_its_dense_layers_when_asked():
    shown = run("--summary", "vgg16", "--include-top").stdout.splitlines()
    assert next(line for line in shown if line.startswith("fc1 ")).split()[1:] == [
        "Dense",
        "4096",
        "102,764,544",
    ]
    assert shown[-1].split()[-1] == "138,357,544"


def test_a_summary_takes_another_size_and_width():
    shown = run("--summary", "mobilenetv2", "--size", 96, "--alpha", 0.35).stdout
    assert "96 x 96 x 3" in shown
    assert "1,691,208" in shown


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("alexnet", "--size", 28), "tools: size 28: this network needs 63 pixels at least\n"),
        (("cnn", "--alpha", 0.5), "tools: alpha 0.5: this network has one width only\n"),
    ],
)
def test_a_network_there_is_not_is_one_sentence(options, sentence):
    shown = run("--summary", *options)
    assert (shown.exit_code, shown.stderr) == (1, sentence)


def test_a_size_without_a_network_is_a_wrong_call():
    shown = run("--size", 96)
    assert shown.exit_code == 2
    assert "--size and --alpha go with --summary" in shown.stderr


@pytest.mark.parametrize(("command", "option"), [(models, "name"), (export, "backbone"), (train, "backbone")])
def test_a_row_of_the_table_is_all_a_command_needs_to_offer_a_network(command, option):
    parameter = next(parameter for parameter in command.params if parameter.name == option)
    assert list(parameter.type.choices) == list(BACKBONES)
