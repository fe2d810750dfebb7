"""Everything petdoor raises on purpose; each leaf is also the built-in it means."""


class PetDoorError(Exception):
    """The root: catch this to catch all that petdoor knows can go wrong."""


class ConfigError(PetDoorError, ValueError):
    """The configuration is missing, unreadable or holds values that are not allowed."""


class UnmetError(ConfigError):
    """The settings are right by themselves, but what they name is not as it should be; that may yet heal."""


class ModelError(PetDoorError, ValueError):
    """The model file is missing, broken, or does not say what its outputs mean."""


class PictureError(PetDoorError, ValueError):
    """A picture file cannot be read as a picture."""


class DataError(PetDoorError, ValueError):
    """The labelled pictures are missing, or cannot be what was asked of them."""


class CameraError(PetDoorError, OSError):
    """The camera does not open, gives no frames, stalls or repeats one frame for ever."""


class EndOfFramesError(PetDoorError, EOFError):
    """A source with an end (a clip, a folder of pictures) has played all it holds."""


class LatchError(PetDoorError, OSError):
    """The latch cannot be driven."""


class BrokerError(PetDoorError, ConnectionError):
    """The broker cannot be reached or does not let us in; only ``petdoor check`` minds."""


class DeployError(PetDoorError, RuntimeError):
    """The service cannot be put on this machine, or taken away."""


class TrainingError(PetDoorError, ArithmeticError):
    """A training went wrong: its loss is not a number, or the result is worse than what it was made from."""
