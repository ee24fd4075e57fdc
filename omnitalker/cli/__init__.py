"""The `omnitalker` command: arguments in, a request to a service out, words for people printed."""

from omnitalker.base.machine import keep_to_one_thread

keep_to_one_thread()  # here, because numpy reads it once, when it is loaded
