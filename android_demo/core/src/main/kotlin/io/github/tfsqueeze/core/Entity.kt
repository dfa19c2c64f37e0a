package io.github.tfsqueeze.core

/**
 * A span of a text with a type: a named entity or a slot.
 *
 * @property start the UTF-16 code unit of the text that the span begins at.
 * @property end the code unit that it ends before.
 * @property score the mean, over the words of the span, of the probability of the word's tag.
 */
data class Entity(
    val text: String,
    val type: String,
    val start: Int,
    val end: Int,
    val score: Double,
)
