"""Images arrive as they were drawn, in every encoding, or not at all."""

from __future__ import annotations

import importlib.util
import io
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kinitro.miner.projects import TEMPLATE_DIRECTORY
from kinitro.policies.images import DELTA, MAX_LOSSES, PNG, ImageEncoder, encode_png, have_base
from kinitro.policies.messages import MAX_CONCURRENT_EPISODES

spec = importlib.util.spec_from_file_location("template_images", TEMPLATE_DIRECTORY / "images.py")
assert spec is not None
assert spec.loader is not None
decoder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(decoder)


def draw(seed: int, height: int = 12, width: int = 9) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def decode(image, last=None):
    return decoder.decode(image.encoding, image.shape, image.data, image.digest, image.base, last)


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 40))
def test_a_png_is_read_by_another_library(seed: int, height: int, width: int) -> None:
    pixels = draw(seed, height, width)
    with Image.open(io.BytesIO(encode_png(pixels).data)) as image:
        assert image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image), pixels)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=8), st.integers(1, 20))
def test_the_template_decodes_every_delta(steps: list[tuple[int, bool]], width: int) -> None:
    encoder, last, pixels = ImageEncoder(DELTA), None, draw(0, 10, width)
    for seed, cut in steps:
        pixels = draw(seed, 10, width) if cut else pixels.copy()
        pixels[seed] += 3
        image = encoder.encode("e", {"corner": pixels})["corner"]
        encoder.confirm("e")
        last = decode(image, last)
        np.testing.assert_array_equal(last.pixels, pixels)


def test_images_of_another_size_are_whole() -> None:
    encoder = ImageEncoder(DELTA)
    encoder.encode("e", {"corner": draw(0)})
    encoder.confirm("e")
    assert not have_base(encoder.encode("e", {"corner": draw(0, 13)}))


def test_only_what_was_answered_is_leaned_on() -> None:
    encoder, images = ImageEncoder(DELTA), {"corner": draw(0)}
    encoder.encode("e", images)
    assert not have_base(encoder.encode("e", images))
    encoder.confirm("e")
    assert have_base(encoder.encode("e", images))
    assert not have_base(encoder.encode("e", images))
    encoder.confirm("e")
    assert not have_base(encoder.encode("other", images))
    encoder.begin("e")
    assert not have_base(encoder.encode("e", images))


def test_a_server_that_always_loses_its_state_gets_whole_images() -> None:
    encoder, images = ImageEncoder(DELTA), {"corner": draw(0)}
    for _ in range(MAX_LOSSES):
        encoder.encode("e", images)
        encoder.confirm("e")
        assert have_base(encoder.encode("e", images))
        encoder.note_loss("e")
    encoder.encode("e", images)
    encoder.confirm("e")
    assert not have_base(encoder.encode("e", images))


def test_it_remembers_a_bounded_number_of_episodes() -> None:
    encoder, images = ImageEncoder(DELTA), {"corner": draw(0)}
    for number in range(MAX_CONCURRENT_EPISODES + 1):
        encoder.encode(str(number), images)
        encoder.confirm(str(number))
    assert not have_base(encoder.encode("0", images))
    assert have_base(encoder.encode(str(MAX_CONCURRENT_EPISODES), images))


def test_png_leans_on_nothing() -> None:
    encoder, images = ImageEncoder(PNG), {"corner": draw(0)}
    assert encoder.encode("e", images) == encoder.encode("e", images)
    encoder.confirm("e")
    assert not have_base(encoder.encode("e", images))


def test_the_template_asks_instead_of_showing_a_wrong_image() -> None:
    encoder, pixels = ImageEncoder(DELTA), draw(0)
    shown = decode(encoder.encode("e", {"corner": pixels})["corner"])
    encoder.confirm("e")
    leaning = encoder.encode("e", {"corner": pixels})["corner"]
    assert leaning.base == shown.digest
    with pytest.raises(decoder.WholeImagesNeeded):
        decode(leaning)
    with pytest.raises(decoder.WholeImagesNeeded):
        decode(leaning, decoder.Frame(draw(1), "another"))
    with pytest.raises(decoder.WholeImagesNeeded):
        decode(leaning, decoder.Frame(draw(1), shown.digest))  # a state that is damaged
    np.testing.assert_array_equal(decode(leaning, shown).pixels, pixels)


@pytest.mark.parametrize(
    ("encoding", "data", "says"),
    [
        ("raw", b"123", "its shape needs 27"),
        ("gif", b"", "'gif'; this server has delta, raw"),
        ("delta", b"no zlib", "not zlib"),
        ("delta", zlib.compress(bytes(26)), "27 bytes"),
        ("delta", zlib.compress(bytes(28)), "27 bytes"),
        ("delta", zlib.compress(bytes(200_000_000), 9), "27 bytes"),
        ("delta", zlib.compress(bytes(27))[:-1], "27 bytes"),
        ("delta", zlib.compress(bytes(27)), "another digest"),
    ],
)
def test_the_template_refuses_what_is_no_image(encoding: str, data: bytes, says: str) -> None:
    with pytest.raises(decoder.BadImage, match=says):
        decoder.decode(encoding, (3, 3, 3), data, None, None, None)
