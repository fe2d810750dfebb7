"""All that a monitor knows at one moment: the doors, and the way to them."""

from dataclasses import dataclass, replace

from petdoor.monitor.link import Link, Message, Settled
from petdoor.monitor.watched import House, heard


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the doors, how the way to the broker is, and whether all it kept is told."""

    house: House
    link: Link
    is_settled: bool = False


def after(seen: Seen, news: Message | Link | Settled) -> Seen:
    """What is known after a piece of news; the same object when nothing is new."""
    match news:
        case Message():
            house = heard(seen.house, news.topic, news.payload, retained=news.retained, now=news.at)
            return seen if house is seen.house else replace(seen, house=house)
        case Link():
            return replace(seen, link=news)
        case Settled():
            return replace(seen, is_settled=True)
