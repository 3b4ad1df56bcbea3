"""Whether all files of a run are what it wrote.

    python -m soak.commands.check DIR

Snakemake looks at times of files only: it does not notice a final table that is cut short or changed.
"""

import os
import sys
from pathlib import Path

from soak.errors import SoakError, show
from soak.written import check, recorded


def main(directory: str) -> None:
    """Compare all files in results/ of DIR that have a record with it; ends with 1 and a line for each that differs."""
    try:
        if not Path(directory).is_dir():
            raise SoakError(f"DIR={directory}: there is no such folder")
        os.chdir(directory)
        outputs = recorded()
        if not outputs:
            raise SoakError(f"{directory}: no results with records of what was written; run first")
        check(outputs)
        show(f"All files of {len(outputs)} outputs in {directory}/results are what was written.")
    except (SoakError, OSError) as error:
        sys.exit(f"soak: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
