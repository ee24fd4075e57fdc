"""What every worker needs, imported once in the process that workers are forked from."""

import omnitalker.batch.checks
import omnitalker.batch.outputs
import omnitalker.studio  # noqa: F401
