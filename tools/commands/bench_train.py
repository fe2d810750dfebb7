"""``tools bench-train``: what the training here gains over the recipe beginners follow."""

from pathlib import Path

import click

from tools.commands.common import data_options, faults_end_here, loading_tensorflow


@click.command("bench-train", short_help="What training here gains.")
@data_options
@click.option("--weights", type=click.Path(path_type=Path), help="Keras weights of MobileNetV2.")
@click.option("--only", type=click.Choice(["plain", "ours"]), help="Run one in this process, and print JSON.")
def bench_train(
    *,
    sources: tuple[str, ...],
    csv: Path | None,
    label_column: str | None,
    species: tuple[str, ...],
    weights: Path | None,
    only: str | None,
) -> None:
    """Train twice on the same photos and compare accuracy, time and memory.

    plain: all photos in memory as float64, the last 20 layers, SGD 0.01, batches of 32, ten epochs.
    ours: the head on features that are computed once, begun with what the network knows.
    """
    del species  # no door is made here
    with faults_end_here():
        from tools.bench_train import bench_train as both
        from tools.bench_train import one
        from tools.console import RichTeller
        from tools.data.dataset import open_datasets

        if only is None:
            data = [("--data", source) for source in sources]
            given = [*data, ("--csv", csv), ("--label-column", label_column), ("--weights", weights)]
            both([str(part) for pair in given if pair[1] for part in pair], RichTeller())
            return
        with loading_tensorflow():
            import tools.training.strategies  # noqa: F401 -- TensorFlow speaks while it loads
        dataset = open_datasets(sources, csv=csv, label_column=label_column)
        click.echo(one(only, dataset, weights, RichTeller()))
