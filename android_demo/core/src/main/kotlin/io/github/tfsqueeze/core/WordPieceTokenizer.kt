package io.github.tfsqueeze.core

/**
 * Turns texts into token ids, the same as those of the Python tokenizer on tensorflow-text.
 *
 * Threads may share it.
 *
 * @param vocabulary the tokens in the order of their ids, with [PAD], [UNK], [CLS] and [SEP].
 * @param lowercase whether to lowercase texts and strip accents.
 * @property maxLength the largest number of tokens in a sequence, special tokens included.
 * @param matchStopWords the stop words of match types, which words that both texts of a sequence
 *   have get; null for a tokenizer without match types.
 *
 * Throws [ModelException] where a special token is missing, a token is empty or repeated, or
 * [maxLength] has no room for the special tokens.
 */
class WordPieceTokenizer(
    vocabulary: List<String>,
    private val lowercase: Boolean,
    val maxLength: Int,
    matchStopWords: List<String>? = null,
) {
    val padId: Int
    private val unkId: Int
    private val clsId: Int
    private val sepId: Int
    private val matchTypes = matchStopWords?.let { MatchTypes(vocabulary, it, lowercase) }
    private val trie = TokenTrie(capacity = 4 * vocabulary.size)
    private val encoders = object : ThreadLocal<WordPieceEncoder>() {
        override fun initialValue() = WordPieceEncoder(trie, lowercase, unkId)
    }

    init {
        val ids = HashMap<String, Int>(2 * vocabulary.size)
        vocabulary.forEachIndexed { id, token ->
            if (token.isEmpty() || ids.put(token, id) != null) {
                throw ModelException(
                    "the vocabulary has an empty or repeated token \"$token\" at id $id")
            }
        }
        fun special(token: String) =
            ids[token] ?: throw ModelException("the vocabulary lacks $token")
        padId = special(PAD_TOKEN)
        unkId = special(UNK_TOKEN)
        clsId = special(CLS_TOKEN)
        sepId = special(SEP_TOKEN)
        requireRoom(2)
        vocabulary.forEachIndexed(::addToken)
    }

    /** Returns `[CLS] text [SEP]` without padding, truncated to [maxLength] tokens in all. */
    fun encode(text: CharSequence): IntArray {
        val encoder = begin()
        encoder.add(clsId, 0, 0)
        // What is past the limit is not even read.
        encoder.addText(text, 0, text.length, limit = maxLength - 1)
        encoder.truncate(minOf(encoder.ids.size, maxLength - 1))
        encoder.add(sepId, 0, 0)
        return encoder.ids.toArray()
    }

    /**
     * Returns `[CLS] first [SEP] second [SEP]`. Where they are too long, the longer text loses
     * tokens at its end first.
     */
    fun encodePair(first: CharSequence, second: CharSequence): InputSequence {
        requireRoom(3)
        val budget = maxLength - 3
        val firstIds = tokenize(first).ids
        val secondIds = tokenize(second).ids
        // As Hugging Face's `longest_first`: the longer text gets the room that the shorter leaves.
        // If both exceed half the budget they share it, and the odd token goes to the longer one,
        // the second among equals.
        val share = if (firstIds.size > secondIds.size) budget - budget / 2 else budget / 2
        val keptFirst = minOf(firstIds.size, maxOf(share, budget - secondIds.size))
        return join(firstIds, keptFirst, secondIds, 0, minOf(secondIds.size, budget - keptFirst))
    }

    /**
     * Returns `[CLS] words [SEP]`, each word tokenized by itself; one without tokens becomes [UNK].
     * A text that is too long loses whole words at its end.
     */
    fun encodeWords(text: CharSequence, words: List<Word>): WordEncoding {
        val encoder = begin()
        encoder.add(clsId, 0, 0)
        val firstTokens = MutableIntList()
        for (word in words) {
            val first = encoder.ids.size
            encoder.addText(text, word.start, word.end, limit = Int.MAX_VALUE)
            if (encoder.ids.size == first) encoder.add(unkId, word.start, word.end)
            if (encoder.ids.size > maxLength - 1) {
                encoder.truncate(first)
                break
            }
            firstTokens.add(first)
        }
        encoder.add(sepId, 0, 0)
        return WordEncoding(encoder.ids.toArray(), firstTokens.toArray())
    }

    /** Returns all tokens of a text, none truncated. */
    fun tokenize(text: CharSequence): TextEncoding {
        val encoder = begin()
        encoder.addText(text, 0, text.length, limit = Int.MAX_VALUE)
        return TextEncoding(encoder.ids.toArray(),
            OffsetMapping(encoder.starts.toArray(), encoder.ends.toArray()))
    }

    /**
     * Returns `[CLS] first [SEP] second [SEP]` of the first [firstCount] tokens of the one, and
     * those of the other from [from] to before [to].
     */
    internal fun join(
        first: IntArray, firstCount: Int, second: IntArray, from: Int, to: Int,
    ): InputSequence {
        val ids = IntArray(firstCount + to - from + 3)
        ids[0] = clsId
        first.copyInto(ids, 1, 0, firstCount)
        ids[1 + firstCount] = sepId
        second.copyInto(ids, 2 + firstCount, from, to)
        ids[ids.size - 1] = sepId
        return InputSequence(ids, firstCount + 2, matchTypes?.matches(ids, firstCount + 2))
    }

    private fun begin() = encoders.get()!!.also { it.clear() }

    private fun requireRoom(specialTokens: Int) {
        if (maxLength < specialTokens) {
            throw ModelException(
                "the model reads $maxLength tokens; the special tokens alone take $specialTokens")
        }
    }

    /** Adds a token to the trie, if a word can have it. */
    private fun addToken(id: Int, token: String) {
        val text = token.removePrefix(CONTINUATION_PREFIX)
        var position = 0
        var letters = 0
        var isolated = 0
        while (position < text.length) {
            val codePoint = text.codePointAt(position)
            position += Character.charCount(codePoint)
            when (CharacterTable.flags(codePoint) and CharacterTable.KIND) {
                CharacterTable.WORD -> letters++
                CharacterTable.ISOLATED -> isolated++
                // White space and what is deleted are in no word.
                else -> return
            }
        }
        val root = if (text == token) TokenTrie.WORD_START else TokenTrie.CONTINUATION
        when {
            letters > 0 && isolated == 0 -> trie.add(root, text, id)
            // Punctuation is a word on its own: only the character itself can match.
            letters == 0 && isolated == 1 && text == token -> trie.add(root, text, id)
        }
    }

    private companion object {
        const val CONTINUATION_PREFIX = "##"
    }
}
