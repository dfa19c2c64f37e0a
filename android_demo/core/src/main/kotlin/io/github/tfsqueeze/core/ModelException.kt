package io.github.tfsqueeze.core

/** An unusable model file or input; the message is one sentence with the reason. */
class ModelException(message: String, cause: Throwable? = null) : Exception(message, cause)
