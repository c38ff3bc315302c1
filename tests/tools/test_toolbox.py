"""Every tool finds what it says, within the hard wishes, and tells a planner how to mend a wrong call."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from parley.tools.filters import parse_filter
from parley.tools.items import Catalog
from parley.tools.kinship import Kinship, kinship_of
from parley.tools.ranking.classical import RankWeights, SoftWish, rank_classically
from parley.tools.ranking.fusion import fuse_scores
from parley.tools.seams import RankedList, Taste
from parley.tools.toolbox import TOOLS, Toolbox, ToolError, ToolResult, Workbench, graded_mask
from tests.world import World


@pytest.fixture
def bench(space_films: World) -> Workbench:
    services = space_films.agent.parts.services
    return Workbench(
        catalog=services.catalog,
        filters=services.filters,
        retrievers=services.retrievers,
        recommender=services.recommender,
        popularity=services.popularity,
        vectors=services.vectors,
    )


def call(bench: Workbench, name: str, **args: object) -> ToolResult:
    tool = Toolbox()[name]
    return tool.run(tool.args.model_validate(args), bench, {})


def ids(result: ToolResult) -> list[str]:
    return [candidate.item_id for candidate in result.candidates]


def with_(bench: Workbench, **changes: object) -> Workbench:
    from dataclasses import replace

    return replace(bench, **changes)  # type: ignore[arg-type]


def test_match_puts_items_with_more_of_the_attributes_first(bench: Workbench) -> None:
    found = call(bench, "match", filter={"genre": ["Comedy", "Sci-Fi"]})

    assert set(ids(found)[:2]) == {"spaceballs", "galaxy-quest"}


def test_similar_never_returns_what_it_was_given(bench: Workbench) -> None:
    found = call(bench, "similar", item_ids=["alien", "moon"])

    assert not {"alien", "moon"} & set(ids(found))
    assert found.candidates[0].sources[0].why.startswith("close to ")


def test_recommend_follows_the_taste_of_others(bench: Workbench) -> None:
    light = with_(bench, taste=Taste(reactions=(("spaceballs", 1.0),)), exclude=frozenset({"spaceballs"}))

    assert set(ids(call(light, "recommend"))[:2]) == {"galaxy-quest", "wall-e"}
    assert call(bench, "recommend").candidates == ()


@pytest.mark.parametrize(
    "tool", [t.name for t in TOOLS if t.name in ("search", "match", "similar", "recommend", "popular")]
)
def test_no_tool_proposes_what_is_ruled_out(bench: Workbench, tool: str) -> None:
    args = {
        "search": {"query": "a monster on a spaceship"},
        "match": {"filter": {"genre": ["Sci-Fi"]}},
        "similar": {"item_ids": ["alien"]},
        "recommend": {},
        "popular": {},
    }[tool]
    hard = parse_filter({"genre": {"none": ["Horror"]}, "year": {"lte": 2000}}, bench.catalog.domain)
    taste = Taste(reactions=(("alien", 1.0),))
    ruled = with_(bench, hard=hard, exclude=frozenset({"solaris"}), taste=taste)

    found = ids(call(ruled, tool, **args))

    assert found
    assert not {"alien", "the-thing", "moon", "wall-e", "solaris"} & set(found)


def test_details_compare_and_availability_tell_facts(bench: Workbench) -> None:
    assert call(bench, "details", item_ids=["alien", "nowhere"]).text == "1 of 2 known"
    compared = call(bench, "compare", item_ids=["alien", "the-thing"]).facts
    assert compared["genre"]["shared"] == ["Horror", "Sci-Fi"]
    assert compared["year"] == {"alien": 1979.0, "the-thing": 1982.0}
    counts = call(bench, "availability", filter={"genre": ["Comedy"], "year": {"gte": 1990}}).facts
    assert counts == {"alone": {"genre": 2, "year": 3}, "together": 1}


def test_a_wrong_call_says_how_to_mend_it(bench: Workbench) -> None:
    with pytest.raises(ToolError, match="known: search"):
        Toolbox()["teleport"]
    with pytest.raises(ToolError, match="'nowhere'"):
        call(bench, "similar", item_ids=["nowhere"])
    with pytest.raises(ToolError, match="yer"):
        call(bench, "match", filter={"yer": 1})
    with pytest.raises(ToolError, match="two items"):
        call(bench, "compare", item_ids=["alien"])
    with pytest.raises(ValidationError):
        call(bench, "search", query="")


def test_every_tool_describes_itself_and_its_arguments() -> None:
    for tool in TOOLS:
        assert tool.description.endswith(".")
        assert tool.effect == "read"
        assert tool.args.model_json_schema()["type"] == "object"


def test_a_kindred_value_counts_less_than_the_value_and_more_than_nothing(bench: Workbench) -> None:
    kin = Kinship({"mood": [("lonely", "contemplative")]}, {("mood", "scary"): [("genre", "Horror")]})
    graded = graded_mask("mood", ("contemplative",), with_(bench, kin=kin))
    by_id = {item.item_id: graded[i] for i, item in enumerate(bench.catalog)}

    assert by_id["solaris"] == 1.0
    assert 0 < by_id["moon"] < 1
    assert by_id["alien"] == 0.0
    avoid = graded_mask("mood", ("scary",), with_(bench, kin=kin), avoid=True)
    assert avoid[bench.catalog.positions["the-thing"]] > 0


def test_film_kin_names_only_moods_the_catalogue_has() -> None:
    from parley.tools.films_kin import AVOIDED_WITH, MOOD_GROUPS, REFUSED_FOR, STRONGER

    known = {facet: {v.casefold() for v in values} for facet, values in Catalog.films().vocabulary.items()}
    assert [m for group in MOOD_GROUPS for m in group if m.casefold() not in known["mood"]] == []
    assert [v for others in AVOIDED_WITH.values() for f, v in others if v.casefold() not in known[f]] == []
    assert [v for others in STRONGER.values() for f, v in others if v.casefold() not in known[f]] == []
    assert set(REFUSED_FOR.values()) <= known["mood"]
    assert kinship_of("books").near("mood", "dark") == frozenset()


def test_ranking_obeys_wishes_before_renown(bench: Workbench) -> None:
    bus = call(bench, "popular")
    from parley.tools.candidates import CandidateBus

    wish = SoftWish(facet="genre", condition=parse_filter({"genre": ["Comedy"]}, bench.catalog.domain).root["genre"])
    ranked = rank_classically(CandidateBus(candidates=bus.candidates), bench, [wish], weights=RankWeights())

    assert set(ranked.item_ids[:2]) == {"spaceballs", "galaxy-quest"}
    avoided = rank_classically(
        CandidateBus(candidates=bus.candidates), bench, [wish.model_copy(update={"avoid": True})], weights=RankWeights()
    )
    assert set(avoided.item_ids[-2:]) == {"spaceballs", "galaxy-quest"}


def test_a_ranker_of_weight_nothing_changes_nothing(bench: Workbench) -> None:
    candidates = call(bench, "popular").candidates
    turned = RankedList(candidates=candidates[::-1], scores={c.item_id: float(i) for i, c in enumerate(candidates)})

    assert fuse_scores(candidates, turned, 0.0) == candidates
    assert [c.item_id for c in fuse_scores(candidates, turned, 1.0)] == [c.item_id for c in candidates[::-1]]
    assert fuse_scores(candidates, turned.model_copy(update={"fell_back": True}), 1.0) == candidates
    with pytest.raises(ValueError, match="2"):
        fuse_scores(candidates, turned, 2.0)
    assert np.isfinite([c.score for c in fuse_scores(candidates, turned, 0.5)]).all()
