package io.github.tfsqueeze.core

import org.tensorflow.lite.schema.Model
import org.tensorflow.lite.schema.SignatureDef
import org.tensorflow.lite.schema.TensorMap

/**
 * One way to run a model. A file for several lengths has a signature for each.
 *
 * @property key the signature's name in the file.
 * @property index the signature's position among those of the file, from 0.
 * @property length the number of tokens that the signature reads.
 */
class Signature(
    val key: String,
    val index: Int,
    val inputs: List<TensorInfo>,
    val outputs: List<TensorInfo>,
) {
    val length: Int = inputs.find { it.name == "input_ids" }?.shape
        ?.let { if (it.size == 2 && it[0] == 1) it[1] else null }
        ?: throw ModelException(
            "the model's inputs are ${inputs.map { "${it.name} ${it.shape}" }}; " +
                "a model of texts takes input_ids [1, length]")

    internal companion object {
        /** Reads the signatures of a model, in the file's order. */
        fun readAll(model: Model): List<Signature> {
            val found = readEach(model.signatureDefsLength()) { read(model, it) }
            if (found.isEmpty()) throw ModelException("the model has no signature; export it again")
            return found
        }

        private fun read(model: Model, index: Int): Signature {
            val signature: SignatureDef = model.signatureDefs(index)
            val graph = requireNotNull(model.subgraphs(signature.subgraphIndex().toInt()))
            fun info(entry: TensorMap) = TensorInfo.read(
                entry.name() ?: "", requireNotNull(graph.tensors(entry.tensorIndex().toInt())))
            return Signature(
                signature.signatureKey() ?: "", index,
                readEach(signature.inputsLength()) { info(signature.inputs(it)) },
                readEach(signature.outputsLength()) { info(signature.outputs(it)) })
        }

        // One by one, since a damaged count may be huge; reading past the end of the file throws.
        private fun <T> readEach(count: Int, read: (Int) -> T): List<T> =
            (0 until count).asSequence().map(read).toList()
    }
}
