"""The table of the tutorial: leaves of two species in three regions, in the island with another relation.

    python docs/tutorial/make_trees.py docs/tutorial/trees.csv

The numbers are drawn by chance, the same each time. On the mainland (north, south) oaks have longer leaves; in the island
it is the beeches.
"""

import random
import sys

PLOTS, TREES = 20, 7  # plots of a region, trees of a plot


def main(path):
    draw = random.Random(1)
    lines = ["region,plot,species,leaf_length_mm,leaf_width_mm,height_m,diameter_cm,soil_ph"]
    for region in ("north", "south", "island"):
        for plot in range(1, PLOTS + 1):
            ph, richness = draw.gauss(6, 0.5), draw.gauss(0, 1)
            for _ in range(TREES):
                species = draw.choice(["oak", "beech"])
                longer = (species == "oak") != (region == "island")
                length = draw.gauss(95 if longer else 80, 8) + richness
                width = draw.gauss(50 if species == "oak" else 44, 6) + richness
                height = draw.gauss(18, 4) + richness
                diameter = 1.8 * height + draw.gauss(0, 5)
                lines.append(
                    f"{region},{region}_{plot},{species},{length:.1f},{width:.1f},{height:.1f},{diameter:.1f},{ph:.2f}"
                )
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
