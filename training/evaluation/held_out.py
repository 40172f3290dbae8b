"""Fillers for the evaluation. `check` makes sure that training has none of them."""

from training import lists, words
from training.evaluation.spoken import SPOKEN

NAMES = """Zelda Bartholomew Siobhan Xiomara Thandiwe Kwame Anneliese Rutger Oksana Leopold Marguerite Cornelius Tabitha
Bronwyn Evangeline Horatio Ottoline Percival Rosalind Thaddeus Wilhelmina Ximena Yevgeny Zephyr Calliope
Desmond Ginevra Hyacinth Ignatius Jocasta Kestrel Ludmila Montague Nikolai Octavia Philippa Quentin Rhiannon
Seraphina Tobias""".split()

CITIES = """Reykjavik Tallinn Vilnius Marrakesh Ljubljana Bratislava Tashkent Kathmandu Adelaide Calgary Cleveland
Gothenburg Innsbruck Kyoto Luxembourg Malmo Nagoya Odense Palermo Quebec Rosario Sapporo Tampere Uppsala
Windhoek Yokohama Zaragoza Bergen Cusco Dresden Essen Fukuoka Grenoble Halifax Izmir Jaipur Krakow Leipzig
Medellin Nuremberg""".split()

WORDS = """kettle lantern walrus saffron gadget velvet puzzle hurdle magnet ribbon thimble cactus pretzel whistle goblet
marble tunnel blanket compass feather glacier hammock igloo jigsaw kennel ladder mirror nectar orchid pebble
quilt raccoon saddle trombone umbrella vortex wagon yarn zipper acorn""".split()

COLOURS = """indigo scarlet emerald amber turmeric lavender ochre ivory mauve burgundy""".split()

ANIMALS = """hedgehog otter badger meerkat platypus gecko lemur walrus heron wombat""".split()

FOODS = """lasagna dumplings risotto goulash falafel ramen paella gnocchi hummus ratatouille""".split()

JOBS = """astronaut blacksmith cartographer florist glazier tailor jeweller locksmith optician surveyor""".split()


def check() -> None:
    """Raises if a filler of the evaluation is one of training's."""
    known = {word.lower() for name in dir(lists) if name.isupper() for word in getattr(lists, name)}
    known |= set(words.PLAIN)
    for group in (NAMES, CITIES, WORDS, COLOURS, ANIMALS, FOODS, JOBS, SPOKEN):
        if seen := [word for word in group if word.lower() in known]:
            raise ValueError(f"not held out: {seen}")
