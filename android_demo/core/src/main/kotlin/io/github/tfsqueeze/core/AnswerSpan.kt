package io.github.tfsqueeze.core

/**
 * A span of a context that may answer a question.
 *
 * @property start the UTF-16 code unit of the context that the span begins at.
 * @property end the code unit that it ends before.
 * @property score the start logit of its first token plus the end logit of its last token.
 */
internal data class AnswerSpan(val start: Int, val end: Int, val score: Double)
