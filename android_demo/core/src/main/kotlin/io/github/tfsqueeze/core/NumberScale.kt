package io.github.tfsqueeze.core

/**
 * The numbers that a model learned from; it tells `mean + scale * logit`.
 *
 * @property scale their standard deviation.
 */
class NumberScale(val mean: Double, val scale: Double)
