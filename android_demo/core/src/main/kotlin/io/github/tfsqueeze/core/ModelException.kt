package io.github.tfsqueeze.core

/** A model file or an input that cannot be used; the message says in one sentence why. */
class ModelException(message: String, cause: Throwable? = null) : Exception(message, cause)
