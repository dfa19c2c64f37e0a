package io.github.tfsqueeze.core

/**
 * What validation chose for the answers of a model.
 *
 * @property noAnswerThreshold no answer is given, where there may be none, if its score exceeds
 *   that of the best span by more than this.
 * @property temperature the divisor of the scores whose softmax is the probability of an answer.
 */
class AnswerDecoding(val noAnswerThreshold: Double, val temperature: Double)
