"""Finding items: by meaning, words, facts and taste, fused; exact where it pays, kept on disk, self-checked."""

from parley.tools.retrieval.attribute import AttributeRetriever
from parley.tools.retrieval.dense import DenseRetriever, SimilarRetriever
from parley.tools.retrieval.embedding import Embedder, EmbedderError, HashingEmbedder, MiniLmEmbedder
from parley.tools.retrieval.hybrid import HybridRetriever
from parley.tools.retrieval.index import CatalogIndex, IndexFailure, IndexReport
from parley.tools.retrieval.lexical import LexicalRetriever
from parley.tools.retrieval.taste import TasteRetriever

__all__ = [
    "AttributeRetriever",
    "CatalogIndex",
    "DenseRetriever",
    "Embedder",
    "EmbedderError",
    "HashingEmbedder",
    "HybridRetriever",
    "IndexFailure",
    "IndexReport",
    "LexicalRetriever",
    "MiniLmEmbedder",
    "SimilarRetriever",
    "TasteRetriever",
]
