package io.github.tfsqueeze.core.parity

import com.sun.management.ThreadMXBean
import io.github.tfsqueeze.core.InputSequence
import io.github.tfsqueeze.core.WordPieceTokenizer
import io.github.tfsqueeze.core.encodeQuestion
import io.github.tfsqueeze.core.locateWords
import java.io.File
import java.lang.management.ManagementFactory
import org.json.JSONArray
import org.json.JSONObject

/**
 * The tokenizer of a vocabulary file, "true" or "false" for lowercase, and a maximum length; for
 * match types there is a file of stop words too.
 */
internal class Tokenization(arguments: List<String>) {
    private val tokenizer = WordPieceTokenizer(
        readLines(arguments[0]), arguments[1].toBooleanStrict(), arguments[2].toInt(),
        arguments.getOrNull(3)?.let(::readLines))

    private fun readLines(path: String) = File(path).readText().removeSuffix("\n").split("\n")

    /**
     * Returns the ids of {"text"}; of {"text", "pair"} also the start of the second text and the
     * token types; of
     * {"words"} also the first token and the offsets of each word; of {"question", "context"} the
     * windows.
     */
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

    private fun json(sequence: InputSequence) =
        JSONObject(mapOf(
            "ids" to sequence.ids, "second_start" to sequence.secondStart,
            "types" to sequence.ids.indices.map(sequence::tokenType)))

    private fun windows(question: String, context: String) =
        JSONArray(tokenizer.encodeQuestion(question, context).map {
            json(it.sequence).put("starts", it.offsets.starts).put("ends", it.offsets.ends)
        })

    private fun words(text: String): JSONObject {
        val words = locateWords(text)
        val encoding = tokenizer.encodeWords(text, words)
        return JSONObject(mapOf(
            "ids" to encoding.ids, "first_tokens" to encoding.firstTokens,
            "words" to words.map { JSONArray(listOf(it.start, it.end)) }))
    }

    /** Returns the texts per second, and the bytes allocated per text, of the last of ten rounds. */
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
