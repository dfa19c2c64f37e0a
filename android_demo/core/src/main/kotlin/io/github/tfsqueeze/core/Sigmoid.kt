package io.github.tfsqueeze.core

import kotlin.math.tanh

/** Returns the probability of a logit by itself; the exponential of a great one would overflow. */
internal fun sigmoid(logit: Double): Double = 0.5 * (1 + tanh(0.5 * logit))
