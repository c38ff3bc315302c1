"""Opening a home: every part made once, in the order it is needed, and closed in the reverse order."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from parley.agent.critic import SlateCritic
from parley.agent.graph import build_graph
from parley.agent.llm.loading import load_model
from parley.agent.llm.metering import MeteredModel
from parley.agent.llm.seam import ChatModel
from parley.agent.planning import STRATEGIES
from parley.agent.remembering import Remembering
from parley.agent.reply import Replier
from parley.agent.state import Services
from parley.agent.understanding import Understander
from parley.memory.checkpoints import Checkpointer, models_in, prune, thread_id
from parley.memory.home import HomeLock
from parley.memory.opening import open_memory
from parley.memory.store import MemoryStore
from parley.tools.filters import FilterIndex
from parley.tools.items import Catalog
from parley.tools.kinship import kinship_of
from parley.tools.seams import Recommender, Retriever, Taste
from parley.tools.toolbox import Toolbox

if TYPE_CHECKING:
    from parley.memory.postgres_checkpoints import PostgresCheckpointer
    from parley.tools.retrieval import CatalogIndex

Progress = Callable[[str], None]
Explain = Callable[[Taste, str], list[tuple[str, float]]]


class UnknownPlannerError(ValueError):
    """No planning strategy of that name."""


@dataclass(frozen=True)
class Parts:
    """An opened home."""

    home: Path
    lock: HomeLock
    store: MemoryStore
    checkpointer: Checkpointer | PostgresCheckpointer
    graph: Any
    services: Services
    index: Any
    model_spec: str

    def thread_id(self, user: str, session: str) -> str:
        """LangGraph's thread of this session; an incognito one lives in this process only."""
        return thread_id(user, session, incognito=self.store.is_incognito(user, session))

    def after_turn(self, user: str, session: str) -> None:
        """Keep the checkpoint database small: a session needs its last state only."""
        prune(self.checkpointer, self.thread_id(user, session))

    def close(self) -> None:
        getattr(self.services.understander, "close", lambda: None)()
        for part in (self.index, self.store, self.checkpointer, self.lock):
            part.close()


def default_home() -> Path:
    """`PARLEY_HOME`, else ~/.parley."""
    return Path(os.environ.get("PARLEY_HOME") or "~/.parley").expanduser()


def open_parts(
    *,
    home: Path | str | None,
    model: str,
    catalog: str | None,
    planner: str,
    seed: int,
    critic: int = 0,
    second_opinion: bool = False,
    progress: Progress | None = None,
) -> Parts:
    """Open everything; what is missing is built, and what was opened is closed again if a later part fails."""
    if planner not in STRATEGIES:
        raise UnknownPlannerError(f"no planner {planner!r}; known: {', '.join(STRATEGIES)}")
    say = progress or (lambda words: None)
    folder = Path(home).expanduser() if home is not None else default_home()
    lock = HomeLock(folder)
    try:
        say("catalogue")
        items = open_catalog(catalog, folder)
        say("index")
        index, retrievers, vectors, embed = open_retrieval(items, folder, say)
        say("recommender")
        recommender, popularity = open_recommender(items, folder, say)
        say("memory")
        store, checkpointer = open_memory(folder, state_models())
        if salvaged := getattr(checkpointer, "salvaged", ""):
            say(salvaged)
        say(f"model {model}")
        chat_model = None if model == "none" else load_model(model, home=folder, seed=seed)
        services = make_services(
            items, retrievers, recommender, popularity, vectors, store, chat_model, embed, planner=planner, seed=seed,
            critic=critic,
        )  # fmt: skip
    except BaseException:
        lock.close()
        raise
    parts = Parts(
        home=folder,
        lock=lock,
        store=store,
        checkpointer=checkpointer,
        graph=build_graph(checkpointer),
        services=services,
        index=index,
        model_spec=model,
    )
    return with_second_opinion(parts, home=folder) if second_opinion else parts


def state_models() -> set[type]:
    """Every model that can stand in a session's state; nothing else is rebuilt from a checkpoint."""
    from parley.agent import acts, ledger, messages, state
    from parley.agent.planning import plan
    from parley.tools import candidates, seams

    return models_in(acts, ledger, messages, state, plan, candidates, seams)


def open_catalog(name: str | None, home: Path) -> Catalog:
    """The shipped films, or a catalogue by name or folder."""
    if name is None or name == "films":
        return Catalog.films()
    from parley.tools.importing import open_catalog as open_named

    return open_named(name, home)


def open_retrieval(
    catalog: Catalog, home: Path, say: Progress
) -> tuple[Any, dict[str, Retriever], NDArray[np.float32], Any]:
    """The index (built on first use), the retrievers over it, the items' vectors, and the text embedder."""
    from parley.tools.retrieval import CatalogIndex, MiniLmEmbedder

    def tell(done: int, total: int) -> None:
        say(f"reading the catalogue: {done} of {total}")

    embedder = MiniLmEmbedder()
    index = CatalogIndex.open(home / "index" / catalog.name, catalog, embedder, tell)
    return index, make_retrievers(index), index.vectors, embedder.embed


def make_retrievers(index: CatalogIndex) -> dict[str, Retriever]:
    """The searchers a plan's steps use, by name."""
    from parley.tools.retrieval import DenseRetriever, LexicalRetriever

    return {"dense": DenseRetriever(index), "bm25": LexicalRetriever(index)}


def open_recommender(
    catalog: Catalog, home: Path, say: Progress = lambda words: None
) -> tuple[Recommender, NDArray[np.float32]]:
    """The recommender for this catalogue and how well known each item is, in catalogue order, 0 to 1.

    The films come with a trained model. An imported catalogue that came with interactions gets one on
    first use, kept beside it; without interactions taste goes by content, and renown by the
    catalogue's own `popularity` number if it has one.
    """
    from parley.tools.recommenders.catalog_taste import CatalogTaste, load_catalog_taste, load_film_recommender

    folder = home / "catalogs" / catalog.name
    trained = folder / "taste.safetensors"
    if catalog.name == "films":
        model = load_film_recommender(catalog)
    elif trained.is_file():
        model = load_catalog_taste(trained, catalog)
    else:
        from parley.tools.importing import load_catalog_interactions

        interactions = load_catalog_interactions(folder)
        if interactions is not None:
            say("learning taste from the interactions")
        model = CatalogTaste.train(catalog, interactions)
        if interactions is not None:
            model.save_file(trained)
    counts = model.popularity
    own = np.array([item.numbers.get("popularity", 0.0) for item in catalog], dtype=np.float32)
    if not counts.any() and own.any():
        counts = own
    known = np.log1p(np.maximum(counts, 0.0))
    return model, (known / max(float(known.max(initial=0.0)), 1e-9)).astype(np.float32)


def make_services(
    catalog: Catalog,
    retrievers: dict[str, Retriever],
    recommender: Recommender,
    popularity: NDArray[np.float32],
    vectors: NDArray[np.float32] | None,
    store: MemoryStore,
    model: ChatModel | None,
    embed: Any,
    *,
    planner: str = "direct",
    seed: int = 0,
    critic: int = 0,
    clock: Any = None,
) -> Services:
    """Wire the parts of a turn together."""
    from parley.tools.linking import Linker

    model = None if model is None else MeteredModel(model)
    known = {item.item_id: float(popularity[row]) for row, item in enumerate(catalog)}
    linker = Linker.for_catalog(catalog, popularity=known)
    extra = {} if clock is None else {"clock": clock}
    return Services(
        catalog=catalog,
        filters=FilterIndex(catalog),
        retrievers=retrievers,
        recommender=recommender,
        popularity=popularity,
        vectors=vectors,
        kin=kinship_of(catalog.domain.name),
        linker=linker,
        understander=Understander(catalog, linker),
        replier=Replier(catalog, model=model, explain=explainer(recommender)),
        remembering=Remembering(store, catalog, embed=embed, **extra),
        toolbox=Toolbox.with_plugins(),
        strategies=STRATEGIES,
        planner=planner,
        model=model,
        critic=_critic(model, critic),
        seed=seed,
    )


def _critic(model: ChatModel | None, revisions: int) -> SlateCritic | None:
    """A critic that may have a turn planned again so often; none without a model or without revisions."""
    return SlateCritic(model, max_revisions=revisions) if model is not None and revisions > 0 else None


def with_second_opinion(parts: Parts, *, home: Path | None) -> Parts:
    """The same home, the tuned model asked where the rules doubt what was said; it opens when first needed.

    Args:
        parts: the opened home.
        home: where the engine keeps its faster format of the weights; None: the user's own.
    """
    from parley.agent.tuning.second import HelpedUnderstander
    from parley.agent.tuning.serving import open_tuned

    services = parts.services
    open_model = partial(open_tuned, home=home, seed=services.seed)
    helped = HelpedUnderstander(services.understander, open_model, services.catalog, services.linker)
    return replace(parts, services=replace(services, understander=helped))


def explainer(recommender: Recommender) -> Explain | None:
    """What may be said of items people liked together: reactions only, where the recommender tells them apart."""
    explain: Explain | None = getattr(recommender, "liked_together", None) or getattr(recommender, "explain", None)
    return explain


def replace_model(parts: Parts, spec: str) -> Parts:
    """The same home with another language model."""
    model = None if spec == "none" else MeteredModel(load_model(spec, home=parts.home, seed=parts.services.seed))
    services = parts.services
    return replace(
        parts,
        model_spec=spec,
        services=replace(
            services,
            model=model,
            critic=_critic(model, services.critic.max_revisions if services.critic else 0),
            replier=Replier(services.catalog, model=model, explain=explainer(services.recommender)),
        ),
    )
