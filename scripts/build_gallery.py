"""Write docs/gallery.md: every figure of the package, with what it shows in the words of its own documentation.

uv run scripts/build_gallery.py
"""

import inspect
from pathlib import Path

from gapmodel import plot
from gapmodel.files.atomic import atomic_text

ROOT = Path(__file__).parents[1]

# Function → committed figure, and the command that made it.
SHOWN = {
    "plot_average_trend": ("august_2026/figures/average_trend", "gapmodel run"),
    "plot_zero_probability": ("august_2026/figures/zero_probability", "gapmodel run"),
    "plot_monthly_boxes": ("august_2026/figures/monthly_boxes", "gapmodel run"),
    "plot_frontiers": ("august_2026/figures/frontiers", "gapmodel run"),
    "plot_panel": ("august_2026/figures/lag_panel", "gapmodel run"),
    "plot_forest": ("august_2026/figures/forest", "gapmodel run"),
    "plot_comparison": ("comparison/comparison", "gapmodel compare"),
    "plot_specifications": ("sensitivity/multiverse", "gapmodel sensitivity"),
    "plot_influence": ("influence/influence", "gapmodel influence"),
    "plot_revisions": ("trust/revisions/revisions", "gapmodel revisions"),
    "plot_skill": ("trust/backtest/skill", "gapmodel backtest"),
}

INTRO = """# Gallery

Every figure is written as PNG, as SVG (text as outlines, the same on every machine) and as PDF (fonts embedded).
Colours are those of Okabe and Ito (2008), told apart under every common colour blindness. The functions are in
`gapmodel.plot`; each takes tables and returns a `matplotlib.figure.Figure`, as a rule 7.2 inches wide, the
width of a page of two columns.
"""


def page() -> str:
    """The page as Markdown."""
    parts = [INTRO]
    for name, (stem, command) in SHOWN.items():
        first, _, rest = (inspect.getdoc(getattr(plot, name)) or "").partition("\n")
        about = rest.strip().split("Parameters\n")[0].strip()
        parts.append(f"## `{name}`\n\n{first} Made by `{command}`.\n")
        if about:
            parts.append(f"{about}\n")
        parts.append(f"![{first}](../results/reference/{stem}.png)\n")
    return "\n".join(parts)


if __name__ == "__main__":
    atomic_text(ROOT / "docs" / "gallery.md", page())
