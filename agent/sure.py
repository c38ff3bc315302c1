"""How likely what is wanted is on the slate: from how many items are left that meet everything said.

Neither the share of the message that was understood nor the score of the first item predicts it
(docs/results/plan.md): a message can be read perfectly and still leave a thousand items. What predicts is how far the
wishes have narrowed the catalogue. The curve is a logistic regression fitted to simulated users.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log1p

import numpy as np

from parley.agent.ledger import Ledger, filter_of
from parley.tools.toolbox import Workbench

INTERCEPT = 2.05
SLOPE = -0.803
"""Of the logarithm of the number of fitting items, for a slate of `FITTED_SIZE`."""
FITTED_SIZE = 5


def count_fitting(bench: Workbench, ledger: Ledger, shown: Iterable[str] = ()) -> int:
    """How many items not yet shown meet every wish about facts, soft ones included; of the nearest, if none does.

    Args:
        bench: under the hard wishes and exclusions.
        shown: items that had their chance.
    """
    left = bench.allowed()
    left[[bench.catalog.positions[i] for i in shown if i in bench.catalog.positions]] = False
    wishes = ledger.facet_wishes()
    if not wishes:
        return int(left.sum())
    met = sum(bench.filters.mask(filter_of([wish])).astype(np.int64) for wish in wishes)
    kept = np.asarray(met)[left]
    return int((kept == kept.max()).sum()) if len(kept) else 0


def chance_of(fitting: int, size: int) -> float:
    """The chance that a slate of `size` holds what is wanted when `fitting` items meet the wishes; 0 for none."""
    if fitting <= 0 or size <= 0:
        return 0.0
    return 1.0 / (1.0 + exp(-(INTERCEPT + SLOPE * log1p(fitting * FITTED_SIZE / size))))
