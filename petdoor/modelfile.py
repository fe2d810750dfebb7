"""One ``.tflite`` file is the whole model: the flatbuffer, and behind it a zip with what it means.

The interpreter ignores the tail and ``zipfile`` ignores the head: the associated-files convention of
TensorFlow Lite metadata. petdoor's tail holds ``labels.txt`` (a class name a line) and ``petdoor.json``.
"""

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from petdoor.core.species import OTHER, ClassRange, Ranges
from petdoor.errors import ModelError
from petdoor.flatbuffer import MAGIC, check_complete

SHIPPED: Final = Path(__file__).parent / "models" / "door.tflite"
"""The model that comes with petdoor, for where the settings name none."""
SCHEMA: Final = 1
LABELS_NAME: Final = "labels.txt"
METADATA_NAME: Final = "petdoor.json"
_DAMAGE: Final = (
    # What zipfile, zlib and json raise on flipped bits, and what their answers then lead to.
    *(AttributeError, EOFError, KeyError, NotImplementedError, OSError, RuntimeError, TypeError, ValueError),
    *(struct.error, zipfile.BadZipFile, zlib.error),
)
_MEMBER_MAGIC: Final = b"PK\x03\x04"
_MEMBER_NAME_OFFSET: Final = 30


MAX_VETO: Final = 0.3
"""A model may not let more of a barred species pass than this; the settings may."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What ``petdoor.json`` says of the model in front of it.

    Attributes:
        backbone: the network's name.
        output: ``logits`` or ``probabilities``.
        ranges: the class ranges of each species.
        threshold: the probability from which the mass rule believes a species.
        veto: the probability from which a barred species keeps the door locked, where the makers chose
            one.
        facts: everything written, these included: training data, error rates, versions.
    """

    backbone: str
    output: str
    ranges: Ranges
    threshold: float
    veto: float | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model as read: the whole file, its content hash, and what its tail says."""

    content: bytes
    digest: str
    labels: tuple[str, ...] | None
    metadata: Metadata | None

    @property
    def model_id(self) -> str:
        """``sha256:`` and the first digits of the content hash."""
        return f"sha256:{self.digest[:12]}"


def imagenet_labels() -> tuple[str, ...]:
    """The 1000 ImageNet class names in the order every Keras application uses."""
    return _lines(files("petdoor").joinpath("imagenet_labels.txt").read_text("utf-8"))


def read(path: Path) -> ModelFile:
    """Read and check a model file, without running it.

    Raises:
        ModelError: it is missing, empty, no TensorFlow Lite model, or not what its own tail says.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path}: cannot read the model ({error.strerror}); 'make model' makes one, --model names one"
        ) from error
    if content[4:8] != MAGIC:
        raise ModelError(f"{path}: this is no TensorFlow Lite model ({len(content)} bytes)")
    try:
        return _parse(content)
    except _DAMAGE as error:
        raise ModelError(f"{path}: the model file is damaged: {error}") from error


def pack(flatbuffer: bytes, labels: Sequence[str], facts: Mapping[str, Any]) -> bytes:
    """The model file: ``flatbuffer`` with labels and facts behind it; the content hash is added.

    Raises:
        ValueError: the facts do not make sense, or ``flatbuffer`` has a tail already.
    """
    if zipfile.is_zipfile(io.BytesIO(flatbuffer)):
        raise ValueError("this model file has labels and facts already; pack the flatbuffer alone")
    facts = {"schema": SCHEMA, **facts, "sha256": hashlib.sha256(flatbuffer).hexdigest()}
    _metadata(facts)
    file = io.BytesIO()
    file.write(flatbuffer)
    with zipfile.ZipFile(file, "a") as tail:
        tail.writestr(_member(LABELS_NAME), "".join(f"{label}\n" for label in labels))
        tail.writestr(_member(METADATA_NAME), json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    return file.getvalue()


def read_labels(path: Path) -> tuple[str, ...]:
    """A label file: one class name a line, in the model's order.

    Raises:
        ModelError: the file cannot be read as text.
    """
    try:
        return _lines(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot read the labels: {error}") from error


def _parse(content: bytes) -> ModelFile:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        check_complete(content)
        _check_no_tail_was_begun(content)
        return ModelFile(content, hashlib.sha256(content).hexdigest(), None, None)
    with zipfile.ZipFile(io.BytesIO(content)) as tail:
        names = tail.namelist()
        labels = _lines(tail.read(LABELS_NAME).decode("utf-8")) if LABELS_NAME in names else None
        facts = json.loads(tail.read(METADATA_NAME)) if METADATA_NAME in names else None
        flatbuffer = content[: min(member.header_offset for member in tail.infolist())]
    digest = hashlib.sha256(flatbuffer).hexdigest()
    if facts is None:
        check_complete(flatbuffer)
        return ModelFile(content, digest, labels, None)
    if facts["sha256"] != digest:
        raise ValueError("its content does not match its own hash")
    return ModelFile(content, digest, labels, _metadata(facts))


def _check_no_tail_was_begun(content: bytes) -> None:
    begin = content.rfind(_MEMBER_MAGIC)
    name = content[begin + _MEMBER_NAME_OFFSET :]
    ours = (LABELS_NAME.encode(), METADATA_NAME.encode())
    if begin >= 0 and any(known.startswith(name[: len(known)]) for known in ours):
        raise ValueError("its labels and metadata are cut off; copy it again")


def _metadata(facts: Mapping[str, Any]) -> Metadata:
    if facts["schema"] != SCHEMA:
        raise ValueError(f"schema {facts['schema']}; this petdoor reads schema {SCHEMA}")
    if facts["output"] not in ("logits", "probabilities"):
        raise ValueError(f"output {facts['output']!r} is neither logits nor probabilities")
    threshold = float(facts["threshold"])
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold {threshold} is not above 0 and at most 1")
    veto = facts.get("veto")
    if veto is not None and not (isinstance(veto, float) and 0 < veto <= MAX_VETO):
        raise ValueError(f"veto {veto!r} is not a number above 0 and at most {MAX_VETO}")
    species = ranges(facts["species"])
    return Metadata(str(facts["backbone"]), facts["output"], species, threshold, veto, facts)


def ranges(species: Mapping[str, Sequence[Sequence[int]]]) -> Ranges:
    """``{"dog": [[151, 268]]}`` as class ranges.

    Raises:
        ValueError: no species, a species called ``other``, or a range that is none.
    """
    if not species or OTHER in species:
        raise ValueError("species: name at least one, and none of them 'other'")
    if not all(species.values()):
        raise ValueError("species: each needs one range at least")
    return {name: tuple(ClassRange(first, last) for first, last in spans) for name, spans in species.items()}


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _member(name: str) -> zipfile.ZipInfo:
    # The zip epoch instead of now: the same model packs to the same bytes.
    return zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
