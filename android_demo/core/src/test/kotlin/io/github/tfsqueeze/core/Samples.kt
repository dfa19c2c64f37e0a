package io.github.tfsqueeze.core

import java.nio.ByteBuffer

/** The bytes of one of the files that `sample_models.py` writes. */
internal fun sampleBytes(name: String): ByteArray =
    checkNotNull(Signature::class.java.getResourceAsStream("$name.tflite")) { name }
        .use { it.readBytes() }

internal fun sample(name: String): ModelFile = ModelFile.read(ByteBuffer.wrap(sampleBytes(name)))

/** An engine that gives the same stored logits for every run, 0 where none are named, and
 * remembers what it was asked. */
internal class FixedEngine(private val stored: Map<String, List<Int>>) : Engine {
    val runs = ArrayList<Pair<Signature, Map<String, IntArray>>>()
    var closed = false

    override fun run(signature: Signature, inputs: Map<String, IntArray>): Map<String, Tensor> {
        runs.add(Pair(signature, inputs))
        return signature.outputs.associate { info ->
            val values = stored[info.name].orEmpty()
            info.name to Tensor.Int8(ByteArray(info.size) { values.getOrElse(it) { 0 }.toByte() })
        }
    }

    override fun close() {
        closed = true
    }
}

internal fun failure(run: () -> Unit): String = try {
    run()
    throw AssertionError("nothing was thrown")
} catch (error: ModelException) {
    checkNotNull(error.message)
}
