"""Main or sub-stream."""

import pytest

from sightline.config.sources import StreamChoice
from sightline.video.choice import OfferedStream, choose


def offered(name: str, width: int, height: int, fps: float | None = 25, codec: str = "h264") -> OfferedStream:
    return OfferedStream(name, f"rtsp://cam/{name}", width, height, fps, codec)


MAIN, SUB = offered("main", 1920, 1080), offered("sub", 640, 360, 15)

CASES = {
    "the sub-stream is enough": ([MAIN, SUB], {}, "sub", "sub"),
    "people see the main one": ([MAIN, SUB], {"pictures": "main"}, "sub", "main"),
    "the sub-stream is too low": ([MAIN, offered("sub", 352, 288)], {}, "main", "main"),
    "the sub-stream is too slow": ([MAIN, offered("sub", 640, 360, 1)], {}, "main", "main"),
    "all are slow": ([offered("main", 1920, 1080, 2), offered("sub", 640, 360, 1)], {}, "main", "main"),
    "H.265 is dearer than a little more": (
        [MAIN, offered("a", 640, 480, codec="hevc"), offered("b", 704, 576)],
        {},
        "b",
        "b",
    ),
    "nothing is high enough": ([offered("a", 320, 240), offered("b", 160, 120)], {}, "a", "a"),
    "told so": ([MAIN, SUB], {"analyse": "main", "pictures": "sub"}, "main", "sub"),
    "one stream": ([MAIN], {"analyse": "sub"}, "main", "main"),
    "rate not said": ([MAIN, offered("sub", 640, 360, None)], {}, "sub", "sub"),
}


@pytest.mark.parametrize("word", CASES)
def test_choice(word: str) -> None:
    streams, choice, analyse, pictures = CASES[word]
    for order in (streams, streams[::-1]):
        chosen = choose(order, StreamChoice.model_validate(choice))
        assert (chosen.analyse.name, chosen.pictures.name) == (analyse, pictures)


def test_no_stream() -> None:
    with pytest.raises(ValueError, match="at least one"):
        choose([], StreamChoice())
