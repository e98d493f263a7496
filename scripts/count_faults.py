"""Count what is tested against gapmodel and held, by kind, and write the table of docs/faults.md.

A case is a test that pytest collects; that all are held is what a green suite says. Tests of mutation try many places
each.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "faults.md"
BEGIN, END = "<!-- count_faults: begin -->\n", "<!-- count_faults: end -->\n"

#: Kind → test files.
KINDS = {
    "tables that are malformed": (
        "scores/test_bad_input.py", "scores/test_faults.py", "cli/test_bad_corpus.py", "sources/test_any_table.py",
    ),
    "every column of both tables, changed": ("scores/test_column_mutations.py",),
    "files of others, made up or cut": (
        "sources/test_fuzz.py", "sources/test_public_shapes.py", "sources/test_pages.py",
    ),
    "every key of a run's and a comparison's files": ("runs/test_mutations.py",),
    "every key of a file of claims": ("cite/test_claims_file.py",),
    "options that are given and empty": ("cli/test_blank_options.py",),
    "damaged runs": ("runs/test_damage.py", "runs/test_reader.py"),
    "damaged or altered results of jobs": ("validation/test_job_forms.py", "validation/test_resumed_sweeps.py"),
    "altered ledgers": ("ledger/test_chain.py",),
    "commands killed and interrupted, two at once": (
        "project/test_killed_commands.py", "files/test_in_use.py", "files/test_folder_swap.py",
    ),
    "a full disk, no permission, another place": ("project/test_faults_system.py", "files/test_writing.py"),
    "answers of the network": ("sources/test_http.py", "sources/test_aa_pages.py"),
    "keys and control characters": ("files/test_keys.py", "cli/test_saying.py"),
    "code of a user's variant": ("modeling/test_own_code.py", "cli/test_last_catch.py"),
    "manuscripts": ("cite/test_places.py", "cite/test_manuscripts.py"),
    "planted faults of the data": ("audit/test_gate.py",),
}  # fmt: skip


def counts() -> dict[str, int]:
    """Test file → cases."""
    files = [f"tests/{name}" for names in KINDS.values() for name in names]
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider", *files]
    said = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    # Quiet twice, with what pyproject.toml adds, pytest says "tests/scores/test_table.py: 12".
    found = dict(re.findall(r"^tests/(.*\.py): ([0-9]+)$", said, re.M))
    return {name: int(found[name]) for names in KINDS.values() for name in names}


def table() -> str:
    """The table in Markdown."""
    found = counts()
    rows = [
        f"| {kind} | {sum(found[name] for name in names)} | {', '.join(f'`tests/{name}`' for name in names)} |"
        for kind, names in KINDS.items()
    ]
    rows.append(f"| all | {sum(found.values())} | |")
    return "\n".join(["| what is tested | cases | where |", "|---|---:|---|", *rows]) + "\n"


def main() -> None:
    """Write the table."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + BEGIN + table() + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
