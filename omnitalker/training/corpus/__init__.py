"""The corpus: what it holds, how it is built, and how it is read."""

from omnitalker.training.corpus.builder import build
from omnitalker.training.corpus.folder import import_folder
from omnitalker.training.corpus.item import CorpusItem, ItemInfo
from omnitalker.training.corpus.store import Corpus, ShardWriter, open_corpus

__all__ = [
    "Corpus",
    "CorpusItem",
    "ItemInfo",
    "ShardWriter",
    "build",
    "import_folder",
    "open_corpus",
]
