"""The pure rules of a cycle: who takes part, which seeds, and from results to what is published.

No SQL, no network, no clock, no global random numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinitro.exports import lazy_exports

if TYPE_CHECKING:
    from kinitro.cycles.explanations import Explanation as Explanation
    from kinitro.cycles.freeze import freeze_miners as freeze_miners
    from kinitro.cycles.freeze import settle_endpoints as settle_endpoints
    from kinitro.cycles.marking import choose_first_checks as choose_first_checks
    from kinitro.cycles.scorecard import PublicationIdentity as PublicationIdentity
    from kinitro.cycles.scorecard import Scorecard as Scorecard
    from kinitro.cycles.scorecard import Unscorable as Unscorable
    from kinitro.cycles.scorecard import score as score
    from kinitro.cycles.seeds import compute_beacon_number as compute_beacon_number
    from kinitro.cycles.seeds import derive_seeds as derive_seeds
    from kinitro.cycles.seeds import hash_seed_key as hash_seed_key
else:
    __getattr__, __all__ = lazy_exports(
        __name__,
        {
            "explanations": "Explanation",
            "freeze": "freeze_miners settle_endpoints",
            "marking": "choose_first_checks",
            "scorecard": "PublicationIdentity Scorecard Unscorable score",
            "seeds": "compute_beacon_number hash_seed_key derive_seeds",
        },
    )
