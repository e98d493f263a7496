"""One table in every form of file, and all that a converted one says."""

import bz2
import gzip
import io
import json
import lzma
import zipfile

import pandas as pd
import yaml


def forms(table):
    """One table in every form: content and name."""
    text = table.to_csv(index=False)
    sheet, parquet, feather, archive = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    table.to_excel(sheet, index=False)
    table.to_parquet(parquet)
    table.reset_index(drop=True).to_feather(feather)
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("t.csv", text)
    records = json.loads(table.to_json(orient="records"))
    pages = {"page": 1, "rows": [{"row_idx": k, "row": r} for k, r in enumerate(records)]}
    (model,) = (c for c in table if c.casefold() == "model")
    nested = [{model: {"name": r[model]}, "results": {k: v for k, v in r.items() if k != model}} for r in records]
    cells = table.map(lambda v: "" if pd.isna(v) else str(v))
    bars = [list(table.columns), ["---"] * len(table.columns), *cells.to_numpy().tolist()]
    yield from (
        (text.encode(), "t.csv"),
        (text.encode("utf-16"), "t.csv"),
        (gzip.compress(text.encode()), "t.csv.gz"),
        (bz2.compress(text.encode()), "t.csv.bz2"),
        (lzma.compress(text.encode()), "t.csv.xz"),
        (archive.getvalue(), "t.zip"),
        (table.to_csv(index=False, sep=";").encode(), "t.csv"),
        (table.to_csv(index=False, sep=";", decimal=",").encode(), "t.csv"),
        (table.to_csv(index=False, sep="\t").encode(), "t.tsv"),
        (table.to_csv(index=True).encode(), "t.csv"),
        (f"A title of the table\n\n{text}".encode(), "t.csv"),
        ("\n".join(f"| {' | '.join(row)} |" for row in bars).encode(), "t.md"),
        (cells.to_html(index=False).encode(), "t.html"),
        (f"# A title\n\n{cells.to_html(index=False)}\n\n## More\n".encode(), "t.md"),
        (sheet.getvalue(), "t.xlsx"),
        (parquet.getvalue(), "t.parquet"),
        (feather.getvalue(), "t.feather"),
        (json.dumps(records).encode(), "t.json"),
        ("\n".join(map(json.dumps, records)).encode(), "t.jsonl"),
        (json.dumps(pages).encode(), "t.json"),
        (json.dumps(nested).encode(), "t.json"),
        (yaml.safe_dump(records).encode(), "t.yml"),
    )


USUAL = pd.DataFrame(
    [
        ("Ash-1 (high)", "2024-01-10", "Proprietary", 40.5, 0.31),
        ("Ash-1 (low)", "2024-01-10", "Proprietary", 38.5, 0.30),
        ("Birch 7B", "2024-02-15", "Apache 2.0", 30.2, None),
        ("Cédre 2", "2024-03-20", "Proprietary", 60.0, 0.5),
        ("Dogwood 8B", "2024-05-01", "MIT", 50.0, 0.45),
    ],
    columns=["model", "release_date", "license", "arithmetic", "spelling"],
)


def said(found):
    """All that a file says, without its own name."""
    rows = found.rows.drop(columns="source").fillna("").to_numpy().tolist()
    models = found.models.drop(columns=["weights_origin"]).fillna("")
    return sorted(map(str, rows)), sorted(map(str, models.reset_index().to_numpy().tolist())), found.benchmarks.to_csv()
