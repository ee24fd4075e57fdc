"""What every worker needs, imported once in the process that workers are forked from."""

import gc

import omnitalker.batch.checks
import omnitalker.batch.outputs
import omnitalker.studio.casting  # noqa: F401

gc.collect()
gc.freeze()  # or every worker's first collection would touch, and so copy, all that was imported
