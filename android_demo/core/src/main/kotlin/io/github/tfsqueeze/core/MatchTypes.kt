package io.github.tfsqueeze.core

import java.util.Locale

/**
 * Finds the words that both texts of a sequence have, as `tfsqueeze/tokenizers/match_types.py`
 * does.
 *
 * @param vocabulary the tokens in the order of their ids.
 * @param stopWords lowercased words that match nothing.
 * @param lowercase whether the tokens are lowercased already.
 */
internal class MatchTypes(
    vocabulary: List<String>, stopWords: List<String>, private val lowercase: Boolean,
) {
    private val ignored = stopWords.toSet()
    private val letters = vocabulary.map { it.removePrefix(CONTINUATION_PREFIX) }
    private val continues = BooleanArray(vocabulary.size) {
        vocabulary[it].startsWith(CONTINUATION_PREFIX)
    }
    private val special = BooleanArray(vocabulary.size) { vocabulary[it] in SPECIAL_TOKENS }

    /** Returns for each token whether it is of a word that both texts have. */
    fun matches(ids: IntArray, secondStart: Int): BooleanArray {
        val first = words(ids, 0, secondStart)
        val second = words(ids, secondStart, ids.size)
        val found = BooleanArray(ids.size)
        for ((word, positions) in first) {
            val others = second[word] ?: continue
            for (position in positions + others) found[position] = true
        }
        return found
    }

    /** Returns the positions of the tokens of each word from [from] to before [to]. */
    private fun words(ids: IntArray, from: Int, to: Int): Map<String, List<Int>> {
        val words = HashMap<String, MutableList<Int>>()
        var start = from
        while (start < to) {
            var after = start + 1
            while (after < to && continues[ids[after]]) after++
            val pieces = (start until after).joinToString("") { letters[ids[it]] }
            val word = if (lowercase) pieces else pieces.lowercase(Locale.ROOT)
            // At the start of a window there may be the rest of a word, which is none.
            if (!continues[ids[start]] && !special[ids[start]] && word !in ignored) {
                words.getOrPut(word) { ArrayList() }.addAll(start until after)
            }
            start = after
        }
        return words
    }

    private companion object {
        const val CONTINUATION_PREFIX = "##"
        val SPECIAL_TOKENS = setOf(PAD_TOKEN, UNK_TOKEN, CLS_TOKEN, SEP_TOKEN, "[MASK]")
    }
}
