"""Words that no document of training has: those that the evaluation has said."""

SPOKEN = """anchor apron arrow banner beetle bishop blossom bonnet bubble buckle bullet butcher cabbage candid canyon carve cedar cellar
chapel charcoal chimney chisel cinnamon circus clover cobbler comet copper cradle crater crystal dagger daisy dazzle donkey dragon drizzle
dwarf eager elbow ember fable falcon fiddle flannel flicker flute fountain fragile freckle frost gallop garlic giggle ginger glimmer goblin
gossip gravel harvest hazel hermit hunter iceberg insect jacket jasmine jolly kitten lagoon leopard lilac lizard lobster lotus lullaby mango
maple meadow melon mellow mermaid mitten moth mustard nephew nimble noble oatmeal oyster paddle parade pastry peacock pelican pigeon pillow
pirate plaster polar ponder prairie puddle pumpkin puppet quarrel quiver radish ramble rascal raven reef ripple rocky rooster rubber rustic
salmon sandal sapling scarecrow seagull shepherd shiver slender slipper snail sneeze sparrow spoonful sprout stable stallion starfish sturdy
swan syrup tadpole tangle temple thistle timber toad tulip turnip twilight vanilla vinegar walnut weasel wicker willow windmill wizard
woodland wrinkle zigzag""".split()
"""Plain words, to be said: no document of training has one."""
