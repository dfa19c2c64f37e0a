package io.github.tfsqueeze.core.parity

import com.sun.management.ThreadMXBean
import io.github.tfsqueeze.core.TokenRow
import io.github.tfsqueeze.core.WordPieceTokenizer
import io.github.tfsqueeze.core.encodeQuestion
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

    /** The ids of {"text"}; of {"text", "pair"} where the second begins too; of {"words"} the first
     * tokens and the words' places; of {"question", "context"} the windows. */
    fun tokenize(value: Any): Any {
        val request = value as JSONObject
        return when {
            request.has("words") -> words(request.getString("words"))
            request.has("context") ->
                windows(request.getString("question"), request.getString("context"))
            request.has("pair") ->
                json(tokenizer.encodePair(request.getString("text"), request.getString("pair")))
            else -> JSONArray(tokenizer.encode(request.getString("text")))
        }
    }

    private fun json(row: TokenRow) =
        JSONObject(mapOf("ids" to row.ids, "second_start" to row.secondStart))

    private fun windows(question: String, context: String) =
        JSONArray(tokenizer.encodeQuestion(question, context).map {
            json(it.row).put("starts", it.starts).put("ends", it.ends)
        })

    private fun words(text: String): JSONObject {
        val words = locateWords(text)
        val row = tokenizer.encodeWords(text, words)
        return JSONObject(mapOf(
            "ids" to row.ids, "firsts" to row.firstTokens,
            "words" to words.map { JSONArray(listOf(it.start, it.end)) }))
    }

    /** Texts a second, and bytes allocated for each, of the last of several rounds. */
    fun speed(values: List<Any>): JSONObject {
        val texts = values.map { (it as JSONObject).getString("text") }
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
