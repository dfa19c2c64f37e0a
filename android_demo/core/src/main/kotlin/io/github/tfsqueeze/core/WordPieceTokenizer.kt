package io.github.tfsqueeze.core

const val PAD_TOKEN = "[PAD]"
const val UNK_TOKEN = "[UNK]"
const val CLS_TOKEN = "[CLS]"
const val SEP_TOKEN = "[SEP]"

/** Tokens of `[CLS] first [SEP] second [SEP]`, without padding; [secondStart] is where the token
 * types become 1, the row's end where there is no second text. */
class TokenRow(val ids: IntArray, val secondStart: Int = ids.size)

/** Tokens of `[CLS] words [SEP]`, without padding, and the place of the first token of each of
 * the words that were not cut off. */
class WordRow(val ids: IntArray, val firstTokens: IntArray)

/** All tokens of a text, without special ones, and the UTF-16 units of it that each begins at and
 * ends before. */
class Tokens(val ids: IntArray, val starts: IntArray, val ends: IntArray) {
    val size: Int get() = ids.size
}

/**
 * Turns texts into the token ids that the project's Python tokenizer, on tensorflow-text, gives
 * them. Safe to share by threads.
 *
 * @param vocabulary the tokens in order of their ids, with [PAD], [UNK], [CLS] and [SEP].
 * @param lowercase whether texts are lowercased and stripped of accents.
 * @param maxLength tokens in a row, special tokens included.
 *
 * Throws [ModelException] where a special token is missing, a token is empty, repeated or holds
 * white space, or maxLength has no room for the special tokens.
 */
class WordPieceTokenizer(
    vocabulary: List<String>,
    private val lowercase: Boolean,
    val maxLength: Int,
) {
    val padId: Int
    private val unkId: Int
    private val clsId: Int
    private val sepId: Int
    private val trie = TokenTrie(capacity = 4 * vocabulary.size)
    private val pieces = object : ThreadLocal<Pieces>() {
        override fun initialValue() = Pieces(trie, lowercase, unkId)
    }

    init {
        val ids = HashMap<String, Int>(2 * vocabulary.size)
        vocabulary.forEachIndexed { id, token ->
            if (token.isEmpty() || ids.put(token, id) != null) {
                throw ModelException("the vocabulary has an empty or repeated token \"$token\" at id $id")
            }
        }
        fun special(token: String) =
            ids[token] ?: throw ModelException("the vocabulary lacks $token")
        padId = special(PAD_TOKEN)
        unkId = special(UNK_TOKEN)
        clsId = special(CLS_TOKEN)
        sepId = special(SEP_TOKEN)
        requireRoom(maxLength, 2)
        vocabulary.forEachIndexed(::addToken)
    }

    /** `[CLS] text [SEP]`, the text cut at its end to [maxLength] tokens in all; no padding. */
    fun encode(text: CharSequence): IntArray {
        val pieces = begin()
        pieces.add(clsId, 0, 0)
        // What is past the limit is not even read.
        pieces.addText(text, 0, text.length, limit = maxLength - 1)
        pieces.truncate(minOf(pieces.ids.size, maxLength - 1))
        pieces.add(sepId, 0, 0)
        return pieces.ids.toArray()
    }

    /** `[CLS] first [SEP] second [SEP]`; where they are too long, the longer loses tokens at its
     * end first. */
    fun encodePair(first: CharSequence, second: CharSequence): TokenRow {
        requireRoom(maxLength, 3)
        val budget = maxLength - 3
        val firstIds = tokenize(first).ids
        val secondIds = tokenize(second).ids
        // As Hugging Face's `longest_first` divides: what the shorter leaves is the longer's; if
        // both exceed half the budget they share it, and the odd token goes to the longer, the
        // second of equals.
        val share = if (firstIds.size > secondIds.size) budget - budget / 2 else budget / 2
        val keptFirst = minOf(firstIds.size, maxOf(share, budget - secondIds.size))
        return join(firstIds, keptFirst, secondIds, 0, minOf(secondIds.size, budget - keptFirst))
    }

    /**
     * `[CLS] words [SEP]`, each word tokenized by itself; one without tokens becomes [UNK]. A text
     * that is too long loses whole words at its end.
     */
    fun encodeWords(text: CharSequence, words: List<Word>): WordRow {
        val pieces = begin()
        pieces.add(clsId, 0, 0)
        val firsts = IntList()
        for (word in words) {
            val first = pieces.ids.size
            pieces.addText(text, word.start, word.end, limit = Int.MAX_VALUE)
            if (pieces.ids.size == first) pieces.add(unkId, word.start, word.end)
            if (pieces.ids.size > maxLength - 1) {
                pieces.truncate(first)
                break
            }
            firsts.add(first)
        }
        pieces.add(sepId, 0, 0)
        return WordRow(pieces.ids.toArray(), firsts.toArray())
    }

    /** All tokens of a text, none cut off. */
    fun tokenize(text: CharSequence): Tokens {
        val pieces = begin()
        pieces.addText(text, 0, text.length, limit = Int.MAX_VALUE)
        return Tokens(pieces.ids.toArray(), pieces.starts.toArray(), pieces.ends.toArray())
    }

    /** `[CLS] first [SEP] second [SEP]` of the first [firstCount] tokens of the one, and those of
     * the other from [from] to before [to]. */
    internal fun join(
        first: IntArray, firstCount: Int, second: IntArray, from: Int, to: Int,
    ): TokenRow {
        val ids = IntArray(firstCount + to - from + 3)
        ids[0] = clsId
        first.copyInto(ids, 1, 0, firstCount)
        ids[1 + firstCount] = sepId
        second.copyInto(ids, 2 + firstCount, from, to)
        ids[ids.size - 1] = sepId
        return TokenRow(ids, firstCount + 2)
    }

    private fun begin() = pieces.get()!!.also { it.clear() }

    private fun requireRoom(maxLength: Int, specialTokens: Int) {
        if (maxLength < specialTokens) {
            throw ModelException(
                "the model reads $maxLength tokens; the special tokens alone take $specialTokens")
        }
    }

    /** Puts a token among those that words can be cut into, if it is one. */
    private fun addToken(id: Int, token: String) {
        val text = token.removePrefix(CONTINUATION)
        var place = 0
        var letters = 0
        var isolated = 0
        while (place < text.length) {
            val codePoint = text.codePointAt(place)
            place += Character.charCount(codePoint)
            when (Characters.flags(codePoint) and Characters.KIND) {
                Characters.WORD -> letters++
                Characters.ISOLATED -> isolated++
                Characters.SPACE -> throw ModelException(
                    "the vocabulary's token \"$token\" holds white space, which no word has")
                else -> return
            }
        }
        when {
            letters > 0 && isolated == 0 ->
                trie.add(if (text == token) TokenTrie.START else TokenTrie.GOES_ON, text, id)
            // Punctuation is a word on its own: no more than itself can match.
            letters == 0 && isolated == 1 && text == token -> trie.add(TokenTrie.START, text, id)
        }
    }

    private companion object {
        const val CONTINUATION = "##"
    }
}
