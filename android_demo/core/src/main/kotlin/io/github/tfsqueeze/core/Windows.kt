package io.github.tfsqueeze.core

/**
 * A row `[CLS] question [SEP] window [SEP]`.
 *
 * @property before how many tokens stand before the window.
 * @property starts, ends the UTF-16 units of the context that each token of the window begins at
 *   and ends before.
 */
class Window(val row: TokenRow, val starts: IntArray, val ends: IntArray) {
    val before: Int get() = row.secondStart
}

// As in BERT's reader of SQuAD; a longer question is cut off.
private const val MAX_QUESTION_TOKENS = 64

/**
 * The windows in which a model reads a context; one at least. Each begins after half of the one
 * before it, so that any answer of up to that length is whole in one (see
 * `tfsqueeze/text/question_rows.py`).
 *
 * Throws [ModelException] where the model has no room for a token of each text.
 */
fun WordPieceTokenizer.encodeQuestion(question: CharSequence, context: CharSequence): List<Window> {
    if (maxLength < 5) {
        throw ModelException("the model reads $maxLength tokens; questions need 5 at least")
    }
    val asked = tokenize(question).ids
    val tokens = tokenize(context)
    val kept = minOf(asked.size, MAX_QUESTION_TOKENS, (maxLength - 3) / 2)
    val room = maxLength - kept - 3
    val stride = maxOf(1, room / 2)
    val windows = ArrayList<Window>()
    var start = 0
    while (true) {
        val end = minOf(start + room, tokens.size)
        windows.add(Window(join(asked, kept, tokens.ids, start, end),
            tokens.starts.copyOfRange(start, end), tokens.ends.copyOfRange(start, end)))
        if (end == tokens.size) return windows
        start += stride
    }
}
