package io.github.tfsqueeze.core

// As in BERT's reader of SQuAD; a longer question is cut off.
private const val MAX_QUESTION_TOKENS = 64

/**
 * Returns the windows in which a model reads a context, at least one.
 *
 * Each window begins after half of the one before it, so that any answer of up to that length is
 * whole in one of them (see `tfsqueeze/tokenizers/question_encodings.py`).
 *
 * Throws [ModelException] where the model has no room for a token of each text.
 */
fun WordPieceTokenizer.encodeQuestion(
    question: CharSequence, context: CharSequence,
): List<QuestionEncoding> {
    if (maxLength < 5) {
        throw ModelException("the model reads $maxLength tokens; questions need 5 at least")
    }
    val questionIds = tokenize(question).ids
    val tokens = tokenize(context)
    val kept = minOf(questionIds.size, MAX_QUESTION_TOKENS, (maxLength - 3) / 2)
    val room = maxLength - kept - 3
    val stride = maxOf(1, room / 2)
    val windows = ArrayList<QuestionEncoding>()
    var start = 0
    while (true) {
        val end = minOf(start + room, tokens.ids.size)
        windows.add(QuestionEncoding(
            join(questionIds, kept, tokens.ids, start, end), tokens.offsets.slice(start, end)))
        if (end == tokens.ids.size) return windows
        start += stride
    }
}
