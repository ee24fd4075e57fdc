"""The `omnitalker` command: arguments in, a request to a service out, words for people printed."""
