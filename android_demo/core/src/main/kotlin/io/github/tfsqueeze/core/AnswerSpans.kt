package io.github.tfsqueeze.core

/** A piece of a context, its UTF-16 units from [start] to before [end], and the sum of the logits
 * of its first token's start and its last token's end. */
internal data class AnswerSpan(val start: Int, val end: Int, val score: Double)

/**
 * Collects the best answers to one question from all windows of its context, as
 * `tfsqueeze/text/answer_spans.py` does.
 */
internal class AnswerSpans {
    private val scores = LinkedHashMap<Pair<Int, Int>, Double>()

    /** How well the question is answered by nothing: the smallest sum, over the windows, of the
     * first token's logits (Devlin et al. 2019, arXiv 1810.04805, section 4.3). */
    var noAnswerScore = Double.POSITIVE_INFINITY
        private set

    fun add(window: Window, starts: FloatArray, ends: FloatArray) {
        noAnswerScore = minOf(noAnswerScore, starts[0].toDouble() + ends[0])
        for (pair in bestPairs(window, starts, ends)) {
            val span = Pair(window.starts[pair.first], window.ends[pair.last])
            // Two windows may hold the same answer.
            scores[span] = maxOf(pair.score, scores[span] ?: Double.NEGATIVE_INFINITY)
        }
    }

    /** The best first, of equals the one that begins, then ends, earlier. */
    fun best(): List<AnswerSpan> = scores
        .map { (span, score) -> AnswerSpan(span.first, span.second, score) }
        .sortedWith(compareBy({ -it.score }, { it.start }, { it.end }))
        .take(N_BEST)

    private class TokenPair(val first: Int, val last: Int, val score: Double)

    /** The best pairs of a window's first and last tokens, of equals those that begin, then end,
     * earlier. */
    private fun bestPairs(window: Window, starts: FloatArray, ends: FloatArray): List<TokenPair> {
        val best = ArrayList<TokenPair>(N_BEST + 1)
        for (first in window.starts.indices) {
            for (last in first until minOf(first + MAX_ANSWER_TOKENS, window.starts.size)) {
                val score = starts[window.before + first].toDouble() + ends[window.before + last]
                if (best.size == N_BEST && score <= best.last().score) continue
                val place = best.indexOfLast { it.score >= score } + 1
                best.add(place, TokenPair(first, last, score))
                if (best.size > N_BEST) best.removeAt(N_BEST)
            }
        }
        return best
    }

    private companion object {
        // As in BERT's reader of SQuAD.
        const val N_BEST = 20
        const val MAX_ANSWER_TOKENS = 30
    }
}
