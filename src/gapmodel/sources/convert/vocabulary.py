"""Usual names of columns: by what they hold, and the words that say that they hold no score.

Names without case, spaces and signs (`gapmodel.sources.convert.cells.column_key`), of several the best first.
"""

from __future__ import annotations

__all__ = ["BENCHMARK", "BOARD", "COMPOSITE", "EVALUATED", "MODEL", "NO_SCORE", "ROLE_NAMES", "SCORE", "WITH_OTHERS"]


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split()))


MODEL = _names(
    """
    model modelname fullname modeldisplayname displayname modelversion llm llmname modelid basemodel
    underlyingmodel languagemodel models system name entry evalname
    """
)
#: Role → names.
ROLE_NAMES = {
    "release_date": _names(
        """
        releasedate modelreleasedate release released releasedon releasedat datereleased dateofrelease
        publicationdate publisheddate publishedat datepublished launchdate launched launch modeldate releaseday
        releasemonth firstreleased availablesince date uploadtohubdate
        """
    ),
    "weights": _names(
        """
        weights openweights isopenweights openweight isopenweight openclosed openorclosed isopen open
        isopensource opensource opensourced isopensourced osmodel openmodel closed isclosed closedsource
        isclosedsource closedweights proprietary isproprietary modelaccessibility accessibility
        accessibilitygroup modelaccess accesstype access openness availability weightsavailable weightsaccess
        openmodelstatus openstatus weightsstatus modeltype type license licence modellicense modellicence
        licensetype licencetype licenseid hublicense
        """
    ),
    "weights_date": _names(
        """
        weightsdate weightsreleasedate openweightsdate weightsreleased
        """
    ),
    "announced_date": _names(
        """
        announceddate announcementdate announced announcedat
        """
    ),
    "organization": _names(
        """
        organization organisation modelorganization modelorganisation org developer creator modelcreator maker
        lab company vendor provider modelprovider organizationname
        """
    ),
    "licence_tier": _names(
        """
        licencetier licensetier
        """
    ),
    "country": _names(
        """
        country countryoforganization
        """
    ),
    "variant": _names(
        """
        variant effort reasoningeffort reasoninglevel thinking thinkingeffort thinkingbudget scaffold agent
        harness agentname host effortlevel
        """
    ),
}
#: A column with the name of the benchmark of each row.
BENCHMARK = _names(
    """
    benchmark benchmarkname benchmarkid dataset datasetid datasetname task taskid taskname eval evalid evalname metric
    """
)
#: The same where there are several boards of one benchmark.
BOARD = _names(
    """
    category board leaderboard arena subset split
    """
)
#: A column with the only score of each row.
SCORE = _names(
    """
    score value result arenascore arenaelorating arenaelo rating elo accuracy performance resolved
    percentresolved
    """
)
#: Days of evaluations and changes, which are no releases.
EVALUATED = _names(
    """
    leaderboardpublishdate evaluationdate evaluateddate dateofevaluation evaluatedat evaluated startedat rundate
    dateadded submissiondate submitted submittedat testdate lastupdated updated updatedat lastmodified
    datetested dateevaluated
    """
)
#: Averages of the other columns.
COMPOSITE = frozenset(
    _names(
        """
        aggregate aggregatescore average averagescore avg avgscore finalscore globalaverage macroaverage mean
        meanscore overall overallaverage overallscore total totalscore wavg weightedaverage weightedavg weightedmean
        """
    )
)
#: Words that say of a column that it holds no score of a benchmark.
NO_SCORE = frozenset(
    _names(
        """
        access api architecture asks attempts batch battles billion billions bits calls carbon cases checked co2
        comments commit compute context cost costs count counts coverage created cutoff day days disclosure
        dollar dollars downloads draws duration elapsed emissions energy epochs errors flagged flop flops games
        gb hash id ids index instances latency layers length licence license likes limits link links logs losses
        malformed matches merged moe month ms nr num number openness outputs param parameters params penalty
        place placement position precision price prices pricing quantization questions ram rank ranking row runs
        runtime samples sec second seconds secs seed seeds sha size sizes speed spend stars steps temperature
        tests throughput ties timeouts tokens tps trajs trials ttft turns unnamed url usd uuid version versions
        vote votes vram website window windows wins words year
        """
    )
)
#: Of these those that are part of the names of benchmarks where others stand beside them.
WITH_OTHERS = frozenset(
    _names(
        """
        calls compute context day days games index length matches number precision questions size steps turns
        version words year
        """
    )
)
