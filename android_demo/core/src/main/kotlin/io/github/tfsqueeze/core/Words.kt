package io.github.tfsqueeze.core

/** A word of a text: its UTF-16 units from [start] to before [end]. */
class Word(val start: Int, val end: Int)

/**
 * The words that a model of words reads: they end at white space and around every punctuation
 * character, as those of Hugging Face's BertPreTokenizer. Lone surrogates belong to none.
 */
fun locateWords(text: CharSequence): List<Word> {
    val words = ArrayList<Word>()
    var start = -1
    var end = -1
    fun finish() {
        if (start >= 0) words.add(Word(start, end))
        start = -1
    }
    var place = 0
    while (place < text.length) {
        val codePoint = Character.codePointAt(text, place)
        val next = place + Character.charCount(codePoint)
        val flags = Characters.flags(codePoint)
        when {
            flags and Characters.WORD_SPACE != 0 -> finish()
            flags and Characters.WORD_PUNCTUATION != 0 -> {
                finish()
                words.add(Word(place, next))
            }
            codePoint !in 0xD800..0xDFFF -> {
                if (start < 0) start = place
                end = next
            }
        }
        place = next
    }
    finish()
    return words
}
