"""``CITATION.bib``: the tool, the data with their credit, and the papers whose methods the numbers rest on."""

from __future__ import annotations

import re

from gapmodel.cite.claims import Claims
from gapmodel.cite.targets import LATEX, escape

__all__ = ["bibliography"]

_PAPERS = r"""
@article{vehtari2021rhat,
  author = {Vehtari, Aki and Gelman, Andrew and Simpson, Daniel and Carpenter, Bob and B{\"u}rkner, Paul-Christian},
  title = {Rank-normalization, folding, and localization: an improved {R}-hat for assessing convergence of {MCMC}},
  journal = {Bayesian Analysis}, year = {2021}, volume = {16}, number = {2}, pages = {667--718},
  doi = {10.1214/20-BA1221}
}

@misc{betancourt2016bfmi,
  author = {Betancourt, Michael},
  title = {Diagnosing suboptimal cotangent disintegrations in {Hamiltonian Monte Carlo}},
  year = {2016}, eprint = {1604.00695}, archiveprefix = {arXiv}, doi = {10.48550/arXiv.1604.00695}
}

@article{hoffman2014nuts,
  author = {Hoffman, Matthew D. and Gelman, Andrew},
  title = {The {No-U-Turn} sampler: adaptively setting path lengths in {Hamiltonian Monte Carlo}},
  journal = {Journal of Machine Learning Research}, year = {2014}, volume = {15}, number = {47}, pages = {1593--1623},
  url = {https://jmlr.org/papers/v15/hoffman14a.html}
}

@misc{seyboldt2026nutpie,
  author = {Seyboldt, Adrian and Carlson, Eliot L. and Carpenter, Bob},
  title = {Preconditioning {Hamiltonian Monte Carlo} by minimizing {Fisher} divergence},
  year = {2026}, eprint = {2603.18845}, archiveprefix = {arXiv}, doi = {10.48550/arXiv.2603.18845}
}

@article{abrilpla2023pymc,
  author = {Abril-Pla, Oriol and Andreani, Virgile and Carroll, Colin and Dong, Larry and Fonnesbeck, Christopher J.
    and Kochurov, Maxim and Kumar, Ravin and Lao, Junpeng and Luhmann, Christian C. and Martin, Osvaldo A.
    and Osthege, Michael and Vieira, Ricardo and Wiecki, Thomas and Zinkov, Robert},
  title = {{PyMC}: a modern, and comprehensive probabilistic programming framework in {Python}},
  journal = {PeerJ Computer Science}, year = {2023}, volume = {9}, pages = {e1516}, doi = {10.7717/peerj-cs.1516}
}

@article{martin2026arviz,
  author = {Martin, Osvaldo A. and Abril-Pla, Oriol and Deklerk, Jordan and Axen, Seth D. and Carroll, Colin
    and Hartikainen, Ari and Vehtari, Aki},
  title = {{ArviZ}: a modular and flexible library for exploratory analysis of {Bayesian} models},
  journal = {Journal of Open Source Software}, year = {2026}, volume = {11}, number = {119}, pages = {9889},
  doi = {10.21105/joss.09889}
}

@article{tanner1987augmentation,
  author = {Tanner, Martin A. and Wong, Wing Hung},
  title = {The calculation of posterior distributions by data augmentation},
  journal = {Journal of the American Statistical Association}, year = {1987}, volume = {82}, number = {398},
  pages = {528--540}, doi = {10.1080/01621459.1987.10478458}
}
"""

_COMPARISON = r"""
@article{yao2018stacking,
  author = {Yao, Yuling and Vehtari, Aki and Simpson, Daniel and Gelman, Andrew},
  title = {Using stacking to average {Bayesian} predictive distributions (with discussion)},
  journal = {Bayesian Analysis}, year = {2018}, volume = {13}, number = {3}, pages = {917--1007},
  doi = {10.1214/17-BA1091}
}

@article{burkner2020lfo,
  author = {B{\"u}rkner, Paul-Christian and Gabry, Jonah and Vehtari, Aki},
  title = {Approximate leave-future-out cross-validation for {Bayesian} time series models},
  journal = {Journal of Statistical Computation and Simulation}, year = {2020}, volume = {90}, number = {14},
  pages = {2499--2523}, doi = {10.1080/00949655.2020.1783262}
}
"""


def bibliography(claims: Claims) -> str:
    """The whole file; papers on the comparison of variants where there was one."""
    source = claims.source
    run = f"Run {source.run_id}, model {source.model}, seed {source.seed}"
    run += f", manifest SHA-256 {source.manifest_sha256}" if source.manifest_sha256 else ""
    run += "".join(f". Data check {name} accepted: {reason}" for name, reason in source.accepted.items())
    mark = "DRAFT, not citable. " if claims.draft else ""
    tool = [
        "@misc{gapmodel,",
        "  author = {{The gapmodel developers}},",
        "  title = {gapmodel: {Bayesian} models of the lag of open-weight language models behind closed ones},",
        f"  year = {{{source.as_of[:4]}}},",
        f"  version = {{{escape(str(source.versions['gapmodel']), LATEX)}}},",
        f"  note = {{{escape(mark + run, LATEX)}}}",
        "}",
    ]
    year = source.as_of[:4]
    data = []
    for k, credit in enumerate(source.credits, start=1):
        key = re.sub(r"[^A-Za-z0-9]+", "-", source.data_name).strip("-") or "scores"
        data += [
            "",
            f"@misc{{data-{key}{'' if k == 1 else f'-{k}'},",
            f"  key = {{{escape(source.data_name, LATEX)}}},",
            f"  title = {{Benchmark scores, {escape(source.data_name, LATEX)}}},",
            f"  year = {{{year}}},",
            f"  note = {{{escape(mark + credit, LATEX)} Content SHA-256 {source.data_sha256}}}",
            "}",
        ]
    papers = _PAPERS + (_COMPARISON if claims.comparison else "")
    return f"% {' '.join(claims.title().split())}\n" + "\n".join([*tool, *data]) + "\n" + papers
