package io.github.tfsqueeze.core

import java.nio.BufferUnderflowException
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** The element types of inputs and outputs, by their numbers in TensorFlow Lite's schema. */
enum class DataType(internal val code: Int) { FLOAT32(0), INT32(2), INT8(9) }

/**
 * An input or output: real value = scale * (stored value - zeroPoint); scale is 0 where it is not
 * quantized.
 */
class TensorInfo(
    val name: String,
    val shape: List<Int>,
    val dataType: DataType,
    val scale: Float,
    val zeroPoint: Int,
) {
    /** How many elements it has. */
    val size: Int get() = shape.fold(1) { product, length -> product * length }
}

/**
 * One way to run a model; a file for several lengths has one for each.
 *
 * @property key its name in the file.
 * @property index its place among the file's signatures.
 * @property length how many tokens it reads.
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
}

/**
 * What a packed .tflite file says of itself.
 *
 * @property metadata labels, vocabulary and tokenizer settings.
 * @property signatures the shortest first.
 */
class ModelFile internal constructor(val metadata: Metadata, val signatures: List<Signature>) {
    val task: Task get() = metadata.task

    /** Tokens that the model reads at most, special tokens included. */
    val maxLength: Int get() = signatures.last().length

    companion object {
        private val IDENTIFIER = "TFL3".toByteArray()

        /**
         * Reads the bytes of a .tflite file that `tfsqueeze convert` or `export` wrote, from the
         * buffer's position to its limit; both stay as they are.
         *
         * Throws [ModelException] where the file is damaged, carries no labels and vocabulary, or
         * has inputs that no text model has.
         */
        fun read(bytes: ByteBuffer): ModelFile {
            val content = bytes.slice().order(ByteOrder.LITTLE_ENDIAN)
            if (content.limit() < 8 || IDENTIFIER.indices.any { content[4 + it] != IDENTIFIER[it] }) {
                throw ModelException("this is not a .tflite file; choose one that `tfsqueeze export` wrote")
            }
            try {
                val root = Table.root(content)
                val metadata = readMetadata(content, root)
                return ModelFile(metadata, signatures(root).sortedBy { it.length })
            } catch (error: IndexOutOfBoundsException) {
                throw damaged(error)
            } catch (error: IllegalArgumentException) {  // A limit past the end of the buffer.
                throw damaged(error)
            } catch (error: BufferUnderflowException) {
                throw damaged(error)
            }
        }

        private fun damaged(error: Throwable) =
            ModelException("the model is truncated or damaged; copy or export it again", error)

        private fun signatures(root: Table): List<Signature> {
            val graphs = root.tables(Slots.MODEL_SUBGRAPHS)
            val found = root.tables(Slots.MODEL_SIGNATURES).mapIndexed { index, signature ->
                val tensors = graphs[signature.int(Slots.SIGNATURE_SUBGRAPH)].tables(Slots.GRAPH_TENSORS)
                fun infos(slot: Int) = signature.tables(slot).map {
                    info(it.string(Slots.MAP_NAME), tensors[it.int(Slots.MAP_TENSOR)])
                }
                Signature(signature.string(Slots.SIGNATURE_KEY), index,
                    infos(Slots.SIGNATURE_INPUTS), infos(Slots.SIGNATURE_OUTPUTS))
            }
            if (found.isEmpty()) throw ModelException("the model has no signature; export it again")
            return found
        }

        private fun info(name: String, tensor: Table): TensorInfo {
            val code = tensor.byte(Slots.TENSOR_TYPE)
            val dataType = DataType.entries.find { it.code == code }
                ?: throw ModelException("$name has elements of type $code; int32, int8 and float32 are known")
            val quantization = tensor.table(Slots.TENSOR_QUANTIZATION)
            return TensorInfo(
                name, tensor.ints(Slots.TENSOR_SHAPE).toList(), dataType,
                quantization?.floats(Slots.QUANTIZATION_SCALE)?.firstOrNull() ?: 0f,
                quantization?.longs(Slots.QUANTIZATION_ZERO_POINT)?.firstOrNull()?.toInt() ?: 0)
        }
    }
}

/** Fields of TensorFlow Lite's schema (`schema.fbs`), and two of its metadata's. */
internal object Slots {
    const val MODEL_SUBGRAPHS = 2
    const val MODEL_BUFFERS = 4
    const val MODEL_METADATA = 6
    const val MODEL_SIGNATURES = 7
    const val GRAPH_TENSORS = 0
    const val TENSOR_SHAPE = 0
    const val TENSOR_TYPE = 1
    const val TENSOR_QUANTIZATION = 4
    const val QUANTIZATION_SCALE = 2
    const val QUANTIZATION_ZERO_POINT = 3
    const val SIGNATURE_INPUTS = 0
    const val SIGNATURE_OUTPUTS = 1
    const val SIGNATURE_KEY = 2
    const val SIGNATURE_SUBGRAPH = 4
    const val MAP_NAME = 0
    const val MAP_TENSOR = 1
    const val METADATA_NAME = 0
    const val METADATA_BUFFER = 1
    const val BUFFER_DATA = 0
    const val DESCRIPTION_NAME = 0
    const val DESCRIPTION_TEXT = 1
}
