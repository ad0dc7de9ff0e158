"""The tiny network that finds road users in a picture beside its background: an encoder, a way back up, one head."""

from typing import Final

from torch import Tensor, nn

CHANNELS: Final = 8  # see sightline.detect.background: Y of 2 x 2 pixels, U, V, background Y, Y of the picture before
KINDS: Final = 8  # car, van, truck, bus, motorcycle, bicycle, scooter, pedestrian
WIDTHS: Final = (16, 32, 64)  # channels at a quarter, an eighth and a sixteenth of the picture


class Block(nn.Module):
    """Two 3 x 3 convolutions around which the input is added; dilation widens what the deepest layers see."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.one = layer(width, width, dilation=dilation)
        self.two = nn.Sequential(nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width))
        self.last = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(x + self.two(self.one(x)))


def layer(inside: int, outside: int, *, stride: int = 1, dilation: int = 1, size: int = 3) -> nn.Sequential:
    """Convolution, normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, size, stride, dilation * (size // 2), dilation, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class MotionNet(nn.Module):
    """u8-like f32 (n, 8, h / 2, w / 2) in 0..255 -> (n, 5 + KINDS, h / 4, w / 4), h and w multiples of 16.

    Outputs: logit of "the middle of an object is here"; logarithms of the distances from the cell's middle to left,
    top, right, bottom in cells; logits of the kinds.
    """

    def __init__(self) -> None:
        super().__init__()
        a, b, d = WIDTHS
        self.stem = layer(CHANNELS, a, stride=2)
        self.eighth = nn.Sequential(layer(a, b, stride=2), Block(b))
        self.deep = nn.Sequential(layer(b, d, stride=2), Block(d), Block(d, 2), Block(d, 4), Block(d))
        self.up_eighth = layer(d, b, size=1)
        self.mend_eighth = Block(b)
        self.up_quarter = layer(b, a, size=1)
        self.head = nn.Sequential(layer(a, 24), nn.Conv2d(24, 5 + KINDS, 1))
        nn.init.constant_(self.head[1].bias[:1], -4.0)  # few cells hold an object's middle (Lin et al. 2017)

    def forward(self, x: Tensor) -> Tensor:
        quarter = self.stem((x - 128.0) * (1 / 64.0))
        eighth = self.eighth(quarter)
        deep = self.deep(eighth)
        eighth = self.mend_eighth(eighth + nn.functional.interpolate(self.up_eighth(deep), scale_factor=2.0))
        up = nn.functional.interpolate(self.up_quarter(eighth), scale_factor=2.0)
        return self.head(quarter + up)
