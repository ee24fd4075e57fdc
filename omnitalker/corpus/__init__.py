"""The corpus: what it holds, how it is built, and how it is read."""

from omnitalker.corpus.builder import build
from omnitalker.corpus.folder import import_folder
from omnitalker.corpus.item import CorpusItem, ItemInfo
from omnitalker.corpus.store import Corpus, ShardWriter, open_corpus

__all__ = [
    "Corpus",
    "CorpusItem",
    "ItemInfo",
    "ShardWriter",
    "build",
    "import_folder",
    "open_corpus",
]
