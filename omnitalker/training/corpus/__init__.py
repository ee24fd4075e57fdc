"""The corpus: what it holds, how it is built, and how it is read."""

from omnitalker.training.corpus.store import Corpus, CorpusItem, ShardWriter, open_corpus

__all__ = ["Corpus", "CorpusItem", "ShardWriter", "open_corpus"]
