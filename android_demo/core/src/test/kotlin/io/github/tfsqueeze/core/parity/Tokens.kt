package io.github.tfsqueeze.core.parity

import com.sun.management.ThreadMXBean
import io.github.tfsqueeze.core.WordPieceTokenizer
import io.github.tfsqueeze.core.locateWords
import java.io.File
import java.lang.management.ManagementFactory
import org.json.JSONArray
import org.json.JSONObject

/** The tokenizer of the vocabulary file, lowercasing and length named. */
internal class Tokens(arguments: List<String>) {
    private val tokenizer = WordPieceTokenizer(
        File(arguments[0]).readText().removeSuffix("\n").split("\n"),
        arguments[1].toBooleanStrict(), arguments[2].toInt())

    /** Ids of a string; ids and where the second begins of a [first, second]; of {"words": text}
     * the ids, first tokens and words with their places. */
    fun tokenize(value: Any): Any = when (value) {
        is String -> tokenizer.encode(value)
        is JSONArray -> tokenizer.encodePair(value.getString(0), value.getString(1))
            .let { JSONArray(listOf(it.ids, it.secondStart)) }
        else -> words((value as JSONObject).getString("words"))
    }.let { if (it is IntArray) JSONArray(it) else it }

    private fun words(text: String): JSONObject {
        val words = locateWords(text)
        val row = tokenizer.encodeWords(text, words)
        return JSONObject(mapOf(
            "ids" to row.ids, "firsts" to row.firstTokens,
            "words" to words.map { JSONArray(listOf(it.start, it.end)) }))
    }

    /** Texts a second, and bytes allocated for each, of the last of several rounds. */
    fun speed(values: List<Any>): JSONObject {
        val texts = values.map { it as String }
        val bean = ManagementFactory.getThreadMXBean() as ThreadMXBean
        val thread = Thread.currentThread().id
        lateinit var result: JSONObject
        repeat(10) {
            val allocated = bean.getThreadAllocatedBytes(thread)
            val start = System.nanoTime()
            var tokens = 0L
            for (text in texts) tokens += tokenizer.encode(text).size
            val seconds = (System.nanoTime() - start) / 1e9
            val bytes = bean.getThreadAllocatedBytes(thread) - allocated
            result = JSONObject(mapOf(
                "texts_per_second" to texts.size / seconds,
                "tokens_per_text" to tokens.toDouble() / texts.size,
                "bytes_per_text" to bytes.toDouble() / texts.size))
        }
        return result
    }
}
