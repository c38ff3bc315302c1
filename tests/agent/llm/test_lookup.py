"""Guesses out of the prompt: what followed there, longer while right, none from a text that does not copy."""

from __future__ import annotations

from parley.agent.llm.engine.jobs import Job
from parley.agent.llm.engine.lookup import FIRST, HOPELESS, MOST, PromptLookup
from parley.agent.llm.runner import Request


def test_what_followed_the_last_two_tokens_before_is_guessed() -> None:
    lookup = PromptLookup([1, 2, 3, 4, 5, 6, 1, 2])

    assert lookup.guess(8) == [3, 4, 5]
    assert lookup.guess(2) == [3, 4]
    lookup.grow([9])
    assert lookup.guess(8) == []


def test_the_newest_of_several_places_counts_and_a_pair_does_not_find_itself() -> None:
    assert PromptLookup([1, 2, 3, 1, 2, 4, 1, 2]).guess(1) == [4]
    assert PromptLookup([1, 2]).guess(4) == []
    assert PromptLookup([7]).guess(4) == []


def test_guesses_grow_while_they_are_right_and_shrink_when_wrong() -> None:
    lookup = PromptLookup([*range(100), 0, 1])
    assert len(lookup.guess(99)) == FIRST
    for _ in range(20):
        lookup.judge(FIRST, FIRST)
    assert len(lookup.guess(99)) == MOST
    lookup.judge(MOST, 1)
    assert len(lookup.guess(99)) == 2


def test_a_text_that_does_not_copy_is_left_alone() -> None:
    lookup = PromptLookup([*range(100), 0, 1])
    for _ in range(HOPELESS + 1):
        lookup.judge(1, 0)
    assert lookup.guess(99) == []


def test_a_job_guesses_text_it_copies_and_only_with_few_others_writing() -> None:
    request = Request([5, 6, 7, 8, 9, 5], 20)
    job = Job(request, lambda _: None)
    job.computed, job.pending = list(request.tokens), [6]

    job.guess(16, sure=2)
    assert job.guessed == []
    job.guess(16, sure=1)
    assert job.guessed == [7, 8, 9]
    job.computed, job.pending = [*request.tokens, 6, 7, 8], [9]
    job.judge(3, 3)
    job.guess(16, sure=1)
    assert job.guessed == [5, 6, 7, 8, 9]


def test_no_more_is_guessed_than_the_answer_may_still_have() -> None:
    request = Request([5, 6, 7, 8, 9, 5], 3)
    job = Job(request, lambda _: None)
    job.computed, job.pending, job.produced = list(request.tokens), [6], 1

    job.guess(16, sure=1)
    assert job.guessed == [7]
