package io.github.tfsqueeze.core

/**
 * A span of a context that may answer a question.
 *
 * @property start the UTF-16 code unit of the context that the span begins at.
 * @property end the code unit that it ends before.
 * @property probability the span's share of the probability among the candidates.
 */
data class Answer(val text: String, val start: Int, val end: Int, val probability: Double)
