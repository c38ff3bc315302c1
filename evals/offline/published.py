"""What others printed for the same data set and protocol: leave-last-out, the whole catalogue ranked.

They were not run here: other splits of ties, other minimum lengths and other filters are possible. Each row names
where it was printed.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class Published(BaseModel):
    """One printed row."""

    model_config = ConfigDict(frozen=True)

    model: str
    ndcg: float | None
    """NDCG@10."""
    hit_rate: float | None
    """HR@10, which with one target is Recall@10."""
    source: str


_REPRO = "github.com/blondered/bert4rec_repro, its table"
_BENCHMARK = "github.com/blondered/transformer_benchmark, its table"
_INTENT = "arXiv:2501.10143, its tables (split of the authors)"

PUBLISHED: Mapping[tuple[str, str], tuple[Published, ...]] = {
    ("movielens-1m", "leave-last"): (
        Published(model="MF-BPR", ndcg=0.0377, hit_rate=0.0740, source=_REPRO),
        Published(model="SASRec, original loss", ndcg=0.1078, hit_rate=0.1993, source=_REPRO),
        Published(model="BERT4Rec, longer sequences", ndcg=0.1516, hit_rate=0.2821, source=_REPRO),
        Published(model="SASRec, full softmax (RecTools)", ndcg=0.1779, hit_rate=0.3058, source=_REPRO),
        Published(model="gSASRec", ndcg=None, hit_rate=0.3000, source="arXiv:2308.07192"),
        Published(model="eSASRec", ndcg=0.1772, hit_rate=0.3133, source=_BENCHMARK),
        Published(model="HSTU", ndcg=0.1719, hit_rate=0.3037, source=_BENCHMARK),
        Published(model="FuXi-alpha", ndcg=0.1813, hit_rate=0.3164, source=_BENCHMARK),
    ),
    ("movielens-100k", "leave-last"): (
        Published(model="popularity", ndcg=None, hit_rate=0.087, source=_INTENT),
        Published(model="item-kNN", ndcg=None, hit_rate=0.141, source=_INTENT),
        Published(model="EASE", ndcg=None, hit_rate=0.185, source=_INTENT),
    ),
}
"""By data set and protocol."""
