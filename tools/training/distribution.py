"""Training on several devices or machines, by TensorFlow's own means."""

import json
import os
from collections.abc import Mapping

import tensorflow as tf

from petdoor.errors import ConfigError


def strategy(name: str) -> tf.distribute.Strategy:
    """The strategy called ``name``, one of ``plan.DISTRIBUTIONS``.

    For several workers ``TF_CONFIG`` says who they are, and all of them are waited for.
    """
    if name == "none":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    return tf.distribute.MultiWorkerMirroredStrategy()


def check(name: str, environ: Mapping[str, str] = os.environ) -> None:
    """Find out before the work whether the workers are named.

    Raises:
        ConfigError: ``TF_CONFIG`` is missing or is not what TensorFlow wants.
    """
    if name == "multi-worker":
        _check(environ.get("TF_CONFIG"))


def rank(environ: Mapping[str, str] = os.environ) -> int:
    """Which worker this process is; 0 writes the model."""
    task = json.loads(environ.get("TF_CONFIG", "{}")).get("task", {})
    return int(task.get("index", 0))


def _check(text: str | None) -> None:
    if not text:
        raise ConfigError(
            "--distribute multi-worker needs the environment variable TF_CONFIG on each worker, such as "
            '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, '
            '"task": {"type": "worker", "index": 0}}'
        )
    try:
        config = json.loads(text)
        workers, index = config["cluster"]["worker"], config["task"]["index"]
        is_right = config["task"]["type"] == "worker" and 0 <= int(index) < len(workers)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"TF_CONFIG is not what TensorFlow wants: {error!r}") from error
    if not is_right:
        raise ConfigError(f"TF_CONFIG: task {config['task']} is none of the {len(workers)} workers")
