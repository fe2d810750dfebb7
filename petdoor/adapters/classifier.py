"""Class probabilities from a TensorFlow Lite model, on LiteRT or its predecessor tflite-runtime."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from petdoor import modelfile
from petdoor.core.species import Ranges, imagenet_ranges
from petdoor.errors import ModelError
from petdoor.pictures import Picture, resize_into

try:
    from ai_edge_litert.interpreter import Interpreter

    RUNTIME: Final = "ai-edge-litert"
except ImportError:  # 32-bit Raspberry Pi OS, and whoever chose the older one
    from tflite_runtime.interpreter import Interpreter

    RUNTIME: Final = "tflite-runtime"  # type: ignore[misc]

Floats = NDArray[np.float32]
_SOFTMAX_SUM_ERROR: Final = 0.01


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class and its probability."""

    index: int
    label: str
    probability: float


class TFLiteClassifier:
    """A model that turns RGB pictures of any size into class probabilities.

    One interpreter, so one thread at a time.

    Attributes:
        labels: the class names, in order.
        ranges: the class ranges of each species.
        threshold: the mass from which the model's makers believe a species.
        veto: the mass from which they let a barred species keep the door locked; None if they do not say.
        model_id: ``sha256:`` and the first digits of the content hash.
        facts: what the model file says of itself; empty for a foreign model.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int = 1,
        labels: Sequence[str] | None = None,
        species: Mapping[str, Sequence[Sequence[int]]] | None = None,
        input_range: tuple[float, float] | None = None,
    ) -> None:
        """Load the model, read its tensor contract, and run it once.

        Args:
            path: the model file.
            threads: CPU threads for one inference.
            labels: class names, for a model that brings none.
            species: class ranges, such as ``{"dog": [[151, 268]]}``, instead of the model's own.
            input_range: what black and white are to a float32 model, such as ``(-1, 1)``, if its
                metadata does not say.

        Raises:
            ModelError: the model cannot be read, run or understood; the sentence says what to do.
        """
        self._path = path
        file = modelfile.read(path)
        self.model_id = file.model_id
        self.facts: Mapping[str, Any] = file.metadata.facts if file.metadata else {}
        self._interpreter = _interpreter(path, file.content, threads)
        self._read_contract(input_range)
        self.labels = self._choose_labels(file, labels)
        self.ranges = self._choose_ranges(file, species)
        self.threshold = file.metadata.threshold if file.metadata else 0.5
        self.veto = file.metadata.veto if file.metadata else None
        self._is_logits = self._yields_logits(file)

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the model's input, in pixels."""
        return self._picture.shape[0], self._picture.shape[1]

    def probabilities(self, pixels: Picture) -> list[float]:
        """One probability a class for an RGB picture (height x width x 3, uint8) of any size."""
        resize_into(pixels, self._picture)
        self._fill_input()
        self.invoke()
        scores = self._scores()
        probabilities = _softmax(scores) if self._is_logits else scores
        return cast("list[float]", probabilities.tolist())

    def invoke(self) -> None:
        """Run the network on what lies in its input tensor: the part of the work that is not ours."""
        self._interpreter.invoke()

    def top(self, probabilities: Sequence[float], count: int) -> list[ClassScore]:
        """The ``count`` most probable classes, best first."""
        order = sorted(range(len(probabilities)), key=probabilities.__getitem__, reverse=True)
        return [ClassScore(i, self.labels[i], probabilities[i]) for i in order[:count]]

    def _read_contract(self, input_range: tuple[float, float] | None) -> None:
        source, sink = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(source) != 1 or len(sink) != 1:
            raise self._fault(
                f"it has {len(source)} inputs and {len(sink)} outputs; a classifier has one each"
            )
        shape, self._width = tuple(source[0]["shape"]), int(np.prod(sink[0]["shape"]))
        if len(shape) != 4 or shape[0] != 1 or shape[3] != 3:
            raise self._fault(f"its input has the shape {shape}; petdoor needs 1 x height x width x 3")
        self._input, self._output = source[0]["index"], sink[0]["index"]
        self._input_type, self._output_type = np.dtype(source[0]["dtype"]), np.dtype(sink[0]["dtype"])
        self._scale, self._zero_point = sink[0]["quantization"]
        self._picture = np.zeros(shape[1:], np.uint8)
        self._black_white = self._input_floats(input_range)

    def _input_floats(self, input_range: tuple[float, float] | None) -> tuple[float, float]:
        known = {np.dtype(np.uint8), np.dtype(np.int8), np.dtype(np.float32)}
        if not {self._input_type, self._output_type} <= known:
            raise self._fault(
                f"its tensors are {self._input_type} and {self._output_type}; uint8, int8 or float32 work"
            )
        declared = input_range or self.facts.get("input_range")
        if self._input_type == np.float32 and not declared:
            raise self._fault(
                "it takes float32 and does not say what black and white are; set model.input_range, "
                "for most networks [-1, 1] or [0, 1] or [0, 255]"
            )
        low, high = declared or (0, 255)
        return float(low), float(high)

    def _fill_input(self) -> None:
        # The view must not outlive this call: the interpreter refuses to run while one is held.
        tensor = self._interpreter.tensor(self._input)()[0]
        if self._input_type == np.uint8:
            np.copyto(tensor, self._picture)
        elif self._input_type == np.int8:
            # The same bytes with the zero point moved from 0 to -128.
            np.bitwise_xor(self._picture, 0x80, out=tensor.view(np.uint8))
        else:
            low, high = self._black_white
            np.multiply(self._picture, np.float32((high - low) / 255), out=tensor)
            tensor += np.float32(low)

    def _scores(self) -> Floats:
        raw = self._interpreter.get_tensor(self._output).reshape(-1)
        if self._scale == 0:
            return np.asarray(raw, np.float32)
        # Widened before subtracting: a byte would wrap.
        return cast(
            Floats, np.float32(self._scale) * (raw.astype(np.int32) - self._zero_point).astype(np.float32)
        )

    def _choose_labels(self, file: modelfile.ModelFile, given: Sequence[str] | None) -> tuple[str, ...]:
        labels = tuple(given) if given else file.labels or _imagenet_labels(self._width)
        if labels is None:
            raise self._fault(
                f"it has {self._width} outputs and no labels; set model.labels to a text file with "
                f"{self._width} class names, one a line"
            )
        if len(labels) != self._width:
            raise self._fault(f"it has {self._width} outputs but {len(labels)} labels; they must match")
        return labels

    def _choose_ranges(
        self, file: modelfile.ModelFile, given: Mapping[str, Sequence[Sequence[int]]] | None
    ) -> Ranges:
        if given:
            ranges = modelfile.ranges(given)
        else:
            ranges = file.metadata.ranges if file.metadata else self._foreign_ranges()
        beyond = [
            f"{s} {r.first}..{r.last}" for s, spans in ranges.items() for r in spans if r.last >= self._width
        ]
        if beyond:
            raise self._fault(f"it has {self._width} outputs, which {', '.join(beyond)} goes beyond")
        return ranges

    def _foreign_ranges(self) -> Ranges:
        named = {
            name: [[i, i]] for i, name in enumerate(map(str.lower, self.labels)) if name in ("dog", "cat")
        }
        ranges = modelfile.ranges(named) if named else imagenet_ranges(self._width)
        if ranges is None:
            raise self._fault(
                "none of its labels is 'dog' or 'cat'; set model.species to the class ranges, such as "
                "{dog: [[0, 4]], cat: [[5, 9]]}"
            )
        return ranges

    def _yields_logits(self, file: modelfile.ModelFile) -> bool:
        """Whether the outputs still need a softmax; also proves that the model runs."""
        resize_into(np.full((8, 8, 3), 128, np.uint8), self._picture)
        self._fill_input()
        self.invoke()
        scores = self._scores()
        if not np.isfinite(scores).all():
            raise self._fault("its scores for a plain grey picture are not numbers")
        if file.metadata:
            return file.metadata.output == "logits"
        if self._scale == 0:
            return not (scores.min() >= 0 and abs(float(scores.sum()) - 1) < _SOFTMAX_SUM_ERROR)
        # A quantised softmax may add up to much less than one, but its scale covers 0..1 and no more.
        limits = np.iinfo(self._output_type)
        low, high = (self._scale * (limit - self._zero_point) for limit in (limits.min, limits.max))
        return bool(low < 0 or high > 1 + _SOFTMAX_SUM_ERROR)

    def _fault(self, sentence: str) -> ModelError:
        return ModelError(f"{self._path}: {sentence}")


def _interpreter(path: Path, content: bytes, threads: int) -> Any:
    try:
        interpreter = Interpreter(model_content=content, num_threads=threads)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: {RUNTIME} cannot open the model: {error}") from error
    return interpreter


def _imagenet_labels(width: int) -> tuple[str, ...] | None:
    if imagenet_ranges(width) is None:
        return None
    names = modelfile.imagenet_labels()
    return ("background",) * (width - len(names)) + names


def _softmax(scores: Floats) -> Floats:
    # In float32, here: a quantised softmax cuts a dog spread over thirty breeds to nothing.
    exponentials = np.exp(scores - scores.max())
    return cast(Floats, exponentials / exponentials.sum())
