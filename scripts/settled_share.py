"""Count how many models of a table are settled: whose date and flag are known from the table and the shipped ones.

    uv run scripts/settled_share.py FILE ... [--keep best] [--names N]

One line per file: models, how many come in, and the commonest reasons of the rest. At the end the whole, and
the N names that are open in most files: what the reviewed tables should have next.
"""

import argparse
from datetime import date
from pathlib import Path

from gapmodel.errors import GapmodelError
from gapmodel.sources.convert.files import read_content
from gapmodel.sources.convert.formats import ConvertOptions, convert
from gapmodel.sources.joining.names import load_aliases, normalise
from gapmodel.sources.joining.weights import settle_models


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--keep", default="best")
    parser.add_argument("--names", type=int, default=0, metavar="N")
    args = parser.parse_args()
    options = ConvertOptions(keep=args.keep, leave_out=True, taken=date.today())
    models = come_in = 0
    still_open: dict[str, set[str]] = {}
    for file in args.files:
        try:
            found = convert("auto", read_content(file), file.name, options)
        except GapmodelError as error:
            print(f"{file.name}: {error}")
            continue
        settled = settle_models(found.models, today=date.today(), aliases=load_aliases(), spellings=found.spellings)
        n, used = len(found.models), len(settled.models)
        print(f"{file.name}: {used} of {n} models ({used / n:.0%})")
        models, come_in = models + n, come_in + used
        for kind, name, _ in settled.left_out:
            if kind == "model":
                still_open.setdefault(normalise(name), set()).add(file.name)
        reasons = [reason.split(" (")[0] for kind, _, reason in settled.left_out if kind == "model"]
        for reason in sorted(set(reasons), key=reasons.count, reverse=True)[:3]:
            print(f"  {reasons.count(reason)}: {reason}")
    if models:
        print(f"all: {come_in} of {models} models ({come_in / models:.0%})")
    for name, files in sorted(still_open.items(), key=lambda item: (-len(item[1]), item[0]))[: args.names]:
        print(f"  open in {len(files)}: {name}")


if __name__ == "__main__":
    main()
