package io.github.tfsqueeze.core.parity

import java.io.File
import java.nio.ByteBuffer
import org.json.JSONTokener

/**
 * Reads a JSON value a line and writes one for each, for comparing with the Python side.
 *
 *     tokenize VOCABULARY LOWERCASE MAX_LENGTH
 *     speed VOCABULARY LOWERCASE MAX_LENGTH
 *     decode MODEL
 *     predict MODEL LITERT_LIBRARY
 */
fun main(arguments: Array<String>) {
    val values = arguments.drop(1)
    when (val command = arguments.firstOrNull()) {
        "tokenize" -> eachLine(Tokens(values)::tokenize)
        "speed" -> println(Tokens(values).speed(lines().toList()))
        "decode", "predict" -> eachLine(Results(values[0], values.getOrNull(1))::result)
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
