"""What qualifies a simulation: judges that learn, gaps between people, the trust block of every report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from parley.evals.fairness.gaps import cold, gaps_of, unpaired_difference
from parley.evals.intervals import Estimate
from parley.evals.judge.learned import cross_validated, features
from parley.evals.judge.model import ScoredJudge
from parley.evals.judge.people import Labelled, judge_rows, read_arena
from parley.evals.judge.rubric import Line, RubricJudge
from parley.evals.simulate.agenda import AgendaUser
from parley.evals.simulate.contestants import ListContestant
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.run import Bench
from parley.evals.simulate.scorers import hit_at
from parley.evals.simulate.study import Study, StudySettings
from parley.evals.trust import RECORD, Measured, read_trust, record_trust, trust_lines
from tests.evals.sim_world import SPACE, people

GOOD = (Line(by_user=True, text="A calm film?"), Line(by_user=False, text="Try Gravity, a calm space film."),
        Line(by_user=True, text="Great, thanks!"))  # fmt: skip
BAD = (Line(by_user=True, text="A calm film?"), Line(by_user=False, text="what what what"),
       Line(by_user=True, text="No, that makes no sense."))  # fmt: skip


def labelled(n: int = 60) -> list[Labelled]:
    """Good conversations have 4, bad ones 0; everybody has two."""
    return [
        Labelled(dialogue_id=f"sys_corpus_{k // 2}", lines=GOOD if k % 2 else BAD, overall=4.0 * (k % 2))
        for k in range(n)
    ]


def test_a_judge_learns_what_people_thought_of_dialogues_it_is_not_asked_about() -> None:
    told = cross_validated(labelled(), [d.person for d in labelled()])

    assert told[1::2].min() > 3.0
    assert told[0::2].max() < 1.0


@pytest.mark.filterwarnings("error")
def test_a_judge_cannot_know_the_labels_of_a_group_that_it_never_saw() -> None:
    people_ = [d.model_copy(update={"lines": GOOD}) for d in labelled()]
    told = cross_validated(people_, [str(d.overall) for d in people_])

    assert told[0::2] == pytest.approx(np.full(30, 4.0))
    assert told[1::2] == pytest.approx(np.full(30, 0.0))


def test_a_judge_of_one_group_has_nobody_to_learn_from() -> None:
    with pytest.raises(ValueError, match="two groups or more are needed, not only of ana"):
        cross_validated(labelled(4), ["ana"] * 4)


def test_features_are_numbers_for_any_dialogue() -> None:
    for lines in (GOOD, BAD, GOOD[:1], ()):
        assert np.isfinite(features(lines)).all()
    assert len(features(GOOD)) == len(features(()))


class Marker:
    """Gives the mark 3 a thousand times the chance of any other."""

    def score(self, prompt: str, options: Sequence[str], *, normalise: bool = True) -> list[float]:
        self.prompt = prompt
        return [math.log(1000.0) * (option == " 3") for option in options]


def test_a_scored_judge_reads_the_mean_mark_off_the_probabilities() -> None:
    model = Marker()
    verdict = ScoredJudge(model, "m").judge(GOOD)

    assert verdict.overall == pytest.approx((3 * 1000 + 0 + 1 + 2 + 4) / 1004 / 4)
    assert "Try Gravity" in model.prompt


def test_the_difference_of_two_groups_has_an_interval_that_holds_it() -> None:
    gap = unpaired_difference([1.0, 1.0, 0.0, math.nan], [0.0, 0.0, 1.0, 0.0], seed=1)

    assert gap.mean == pytest.approx(2 / 3 - 1 / 4)
    assert gap.low < gap.mean < gap.high
    assert gap.n == 3 + 4


def test_gaps_are_between_the_known_and_the_niche_and_between_the_warm_and_the_cold() -> None:
    crowd = [p.model_copy(update={"slice": ("known", "niche")[k % 2]}) for k, p in enumerate(people(8))]
    shown = list({p.targets[0] for p in crowd[0::2]} - {p.targets[0] for p in crowd[1::2]})
    bench = Bench({"list": ListContestant("list", lambda conversation: shown, size=5)}, SPACE)

    popularity, coldness = gaps_of(["list"], crowd, bench, hit_at(5, 1))

    assert (popularity.better_score.mean, popularity.worse_score.mean, popularity.difference.mean) == (1.0, 0.0, 1.0)
    assert coldness.difference.mean == 0.0


def test_a_cold_user_names_nothing_they_liked() -> None:
    persona = people(1)[0]
    titles = [SPACE[i].title for i, _ in persona.history]

    def says(who: object) -> str:
        return AgendaUser(who, SPACE, LeakGuard(SPACE)).first_message()  # type: ignore[arg-type]

    assert any(title in says(persona) for title in titles)
    assert not any(title in says(cold(persona)) for title in titles)


def test_the_trust_block_tells_what_was_measured_and_how(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    assert "not measured" in trust_lines(path)[0]
    value = Estimate(mean=0.349, low=0.251, high=0.441, n=320)
    record_trust("judge", [Measured(what="rubric", value=value, command="parley eval judge", seed=1)], path)
    record_trust("alignment", [Measured(what="user", value=value, command="parley eval alignment", seed=1)], path)

    lines = trust_lines(path)

    assert set(read_trust(path)) == {"judge", "alignment"}
    assert "rubric 0.349 [0.251, 0.441] (n 320). `parley eval judge`, seed 1" in lines[-1]


def test_every_study_carries_the_trust_block(tmp_path: Path) -> None:
    study = Study.prepare(StudySettings(users=1), tmp_path)

    assert study.notes[-len(trust_lines()) :] == trust_lines()
    assert len(trust_lines()) == 1 + 3


def test_the_judge_on_record_is_the_judge_measured_again(data_mirror: Path) -> None:
    rubric = judge_rows(read_arena(data_mirror / "crsarena"), [RubricJudge()], seed=1)[0]
    kept = next(row for row in read_trust(RECORD)["judge"] if row.what == rubric.judge)

    assert rubric.spearman.mean == pytest.approx(kept.value.mean)
