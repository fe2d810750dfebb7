"""``tools bench-train``: two recipes, one table."""

from tests.conftest import run_tools
from tests.tools.tinted import tinted_folder
from tools.bench_train import parts
from tools.data.dataset import open_dataset


def test_both_recipes_train_on_the_same_three_quarters(tmp_path):
    dataset = open_dataset(str(tinted_folder(tmp_path, each=8)))
    train, validation = parts(dataset)
    assert (len(train), len(validation)) == (18, 6)
    assert not {e.path for e in train} & {e.path for e in validation}
    assert parts(dataset) == (train, validation)


def test_each_recipe_gets_a_line_with_its_accuracy_time_and_memory(tmp_path):
    photos = tinted_folder(tmp_path, each=4)
    done = run_tools("bench-train", "--data", photos, "--weights", "random")
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert lines["recipe"][1:3] == ["validation", "seconds"]
    for recipe in ("plain", "ours"):
        accuracy, seconds, gigabytes, _ = lines[recipe][1:]
        assert 0 <= float(accuracy.rstrip("%")) <= 100
        assert float(seconds) > 1
        assert 0.3 < float(gigabytes) < 8
