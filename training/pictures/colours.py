"""The words of `tiny-image`: its colours, and its shapes."""

COLOURS = {
    "red": (220, 30, 30),
    "green": (20, 160, 50),
    "blue": (30, 70, 220),
    "yellow": (250, 215, 20),
    "purple": (140, 40, 170),
    "orange": (250, 135, 15),
}
BACKGROUNDS = {"white": (255, 255, 255), "black": (0, 0, 0), "grey": (128, 128, 128)}
SHAPES = ("circle", "square", "triangle")
