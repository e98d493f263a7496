"""Everything that the package needs may be used with it: licences of the whole closure of dependencies."""

import re
from importlib import metadata

from packaging.requirements import Requirement

# Permissive licences, and the MPL, which asks only for changes of its own files. No GPL, AGPL, LGPL, no "all rights".
ALLOWED = re.compile(
    r"MIT|BSD|Apache|PSF|Python Software Foundation|ISC|MPL|Mozilla|Unlicense|HPND|Zlib|CC0|0BSD|NCSA|CNRI|BSL", re.I
)
FORBIDDEN = re.compile(r"\b(A?GPL|LGPL|GNU|proprietary|commercial)", re.I)


def _closure(name):
    seen, todo = {}, [name]
    while todo:
        key = todo.pop().lower().replace("_", "-")
        if key in seen:
            continue
        try:
            seen[key] = metadata.distribution(key)
        except metadata.PackageNotFoundError:
            continue  # for other systems or versions of Python
        for text in seen[key].requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(requirement.name)
    return seen


def _licence(distribution):
    found = distribution.metadata
    classifiers = [c.split(" :: ")[-1] for c in found.get_all("Classifier") or [] if c.startswith("License ::")]
    stated = found.get("License-Expression") or (found.get("License") or "").splitlines()[:1]
    return " ".join([stated if isinstance(stated, str) else " ".join(stated), *classifiers]).strip()


def test_every_dependency_has_a_licence_that_may_be_combined_with_ours():
    closure = _closure("gapmodel")
    assert {"pymc", "numpy", "nutpie", "distributed", "llvmlite"} <= set(closure)
    licences = {name: _licence(d) for name, d in closure.items()}
    odd = {name: text for name, text in licences.items() if not ALLOWED.search(text) or FORBIDDEN.search(text)}
    assert not odd
