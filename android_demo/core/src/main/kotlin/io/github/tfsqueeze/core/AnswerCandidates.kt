package io.github.tfsqueeze.core

/**
 * Collects the best answers to one question from all windows of its context, as
 * `tfsqueeze/decoding/answer_spans.py` does.
 */
internal class AnswerCandidates {
    private val scores = LinkedHashMap<Pair<Int, Int>, Double>()

    /**
     * The score of no answer: the smallest sum, over the windows, of the logits of [CLS] (Devlin et
     * al. 2019, arXiv 1810.04805, section 4.3).
     */
    var noAnswerScore = Double.POSITIVE_INFINITY
        private set

    /**
     * Adds the best answers of a window.
     *
     * @param starts the logit of each token for being the first of the answer.
     * @param ends the logit of each token for being the last of the answer.
     */
    fun add(window: QuestionEncoding, starts: FloatArray, ends: FloatArray) {
        noAnswerScore = minOf(noAnswerScore, starts[0].toDouble() + ends[0])
        for (pair in bestPairs(window, starts, ends)) {
            val span = Pair(window.offsets.starts[pair.first], window.offsets.ends[pair.last])
            // Two windows may contain the same answer.
            scores[span] = maxOf(pair.score, scores[span] ?: Double.NEGATIVE_INFINITY)
        }
    }

    /** Returns the best spans, the best first; among equals those that begin, then end, earlier. */
    fun best(): List<AnswerSpan> = scores
        .map { (span, score) -> AnswerSpan(span.first, span.second, score) }
        .sortedWith(compareBy({ -it.score }, { it.start }, { it.end }))
        .take(N_BEST)

    private class TokenPair(val first: Int, val last: Int, val score: Double)

    /**
     * Returns a window's best pairs of first and last token; among equals those that begin, then
     * end, earlier.
     */
    private fun bestPairs(
        window: QuestionEncoding, starts: FloatArray, ends: FloatArray,
    ): List<TokenPair> {
        val best = ArrayList<TokenPair>(N_BEST + 1)
        val contextStart = window.contextStart
        for (first in 0 until window.offsets.size) {
            for (last in first until minOf(first + MAX_ANSWER_TOKENS, window.offsets.size)) {
                val score = starts[contextStart + first].toDouble() + ends[contextStart + last]
                if (best.size == N_BEST && score <= best.last().score) continue
                val rank = best.indexOfLast { it.score >= score } + 1
                best.add(rank, TokenPair(first, last, score))
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
