package io.github.tfsqueeze.core.parity

import io.github.tfsqueeze.core.Task
import java.io.File
import java.nio.ByteBuffer
import org.json.JSONArray
import org.json.JSONTokener

/**
 * Reads one JSON value per line and writes one for each, for a comparison with the Python side.
 *
 *     tasks
 *     tokenize VOCABULARY LOWERCASE MAX_LENGTH [STOP_WORDS]
 *     speed VOCABULARY LOWERCASE MAX_LENGTH
 *     decode MODEL
 *     predict MODEL LITERT_LIBRARY [INDEX]
 */
fun main(arguments: Array<String>) {
    val values = arguments.drop(1)
    when (val command = arguments.firstOrNull()) {
        "tasks" -> println(JSONArray(Task.entries.map { it.taskName }))
        "tokenize" -> eachLine(Tokenization(values)::tokenize)
        "speed" -> println(Tokenization(values).speed(lines().toList()))
        "decode", "predict" -> 
            eachLine(Predictions(values[0], values.getOrNull(1), values.getOrNull(2))::predict)
        else -> error("unknown command $command")
    }
}

internal fun readFile(path: String): ByteBuffer = ByteBuffer.wrap(File(path).readBytes())

internal fun lines(): Sequence<Any> = System.`in`.bufferedReader(Charsets.UTF_8).lineSequence()
    .map { JSONTokener(it).nextValue() }

private fun eachLine(answer: (Any) -> Any) {
    System.out.bufferedWriter(Charsets.UTF_8).use { output ->
        for (value in lines()) {
            output.append(answer(value).toString())
            output.append('\n')
        }
    }
}
