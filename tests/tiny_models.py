"""Makes tiny networks of every tensor type: ``python -m tests.tiny_models FOLDER``."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

SIZE = 32


def network(width, *, softmax, channels=3):
    """Mean colour of four quarters, then random but fixed weights; pixels come as 0..255."""
    keras.utils.set_random_seed(7)
    pixels = keras.Input((SIZE, SIZE, channels))
    quarters = keras.layers.AveragePooling2D(SIZE // 2)(keras.layers.Rescaling(1 / 127.5, offset=-1)(pixels))
    scores = keras.layers.Dense(width, activation="softmax" if softmax else None)(
        keras.layers.Flatten()(quarters)
    )
    return keras.Model(pixels, scores)


def reddish(*, softmax=False):
    """Three classes known in advance: red is class 0, green 1, blue 2."""
    pixels = keras.Input((SIZE, SIZE, 3))
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 25.5)(pixels))
    dense = keras.layers.Dense(3, activation="softmax" if softmax else None)
    model = keras.Model(pixels, dense(mean))
    dense.set_weights([np.eye(3, dtype=np.float32), np.zeros(3, np.float32)])
    return model


def quantised(model, io_type):
    random = np.random.default_rng(3)
    shape = (1, *model.input_shape[1:])

    def representative():
        for value in (0, 255):
            yield [np.full(shape, value, np.float32)]
        for _ in range(30):
            yield [random.integers(0, 256, shape).astype(np.float32)]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = io_type
    return converter.convert()


def floating(model):
    return tf.lite.TFLiteConverter.from_keras_model(model).convert()


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    models = {
        "uint8_logits": quantised(reddish(), tf.uint8),
        "int8_logits": quantised(reddish(), tf.int8),
        "uint8_softmax": quantised(reddish(softmax=True), tf.uint8),
        "int8_softmax": quantised(reddish(softmax=True), tf.int8),
        "float32_logits": floating(reddish()),
        "float32_softmax": floating(reddish(softmax=True)),
        "uint8_logits_1000": quantised(network(1000, softmax=False), tf.uint8),
        "uint8_softmax_1001": quantised(network(1001, softmax=True), tf.uint8),
        "uint8_logits_7": quantised(network(7, softmax=False), tf.uint8),
        "float32_grey": floating(network(1000, softmax=False, channels=1)),
    }
    for name, content in models.items():
        (folder / f"{name}.tflite").write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
