package io.github.tfsqueeze.core

/**
 * All tokens of a text, without special tokens.
 *
 * @property offsets the spans of the text that the tokens come from.
 */
class TextEncoding(val ids: IntArray, val offsets: OffsetMapping)

/**
 * A sequence `[CLS] first [SEP] second [SEP]`, without padding.
 *
 * @property secondStart the position of the second text's first token, which is the sequence's
 *   length where there is no second text.
 * @property matches whether each token is of a word that both texts have; null for a tokenizer
 *   without match types.
 */
class InputSequence(
    val ids: IntArray, val secondStart: Int = ids.size, val matches: BooleanArray? = null,
) {
    /** Returns the type of a token: 0 or 1 by its text, and 2 more for a word that both have. */
    fun tokenType(position: Int): Int {
        val text = if (position < secondStart) 0 else 1
        return if (matches != null && matches[position]) text + 2 else text
    }
}

/**
 * A sequence `[CLS] words [SEP]`, without padding.
 *
 * @property firstTokens the position of the first token of each word that was not cut off.
 */
class WordEncoding(val ids: IntArray, val firstTokens: IntArray)

/**
 * A sequence `[CLS] question [SEP] window [SEP]`, whose window is a part of the context.
 *
 * @property offsets the spans of the context that the window's tokens come from.
 */
class QuestionEncoding(val sequence: InputSequence, val offsets: OffsetMapping) {
    /** The position of the window's first token. */
    val contextStart: Int get() = sequence.secondStart
}
