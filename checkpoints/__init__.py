"""The weights of OmniTalker: nothing to import, found by `omnitalker.base.assets`."""
