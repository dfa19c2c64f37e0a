package io.github.tfsqueeze.core

import java.nio.BufferUnderflowException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.tensorflow.lite.schema.Model

/**
 * The description of a model in its .tflite file.
 *
 * @property metadata the labels, the vocabulary and the settings of the tokenizer.
 * @property signatures the signatures, the shortest first.
 */
class ModelFile internal constructor(val metadata: Metadata, val signatures: List<Signature>) {
    val task: Task get() = metadata.task

    /** The largest number of tokens that the model reads, special tokens included. */
    val maxLength: Int get() = signatures.last().length

    companion object {
        private const val HEADER_SIZE = 8

        /**
         * Reads the bytes of a .tflite file that `tfsqueeze convert` or `export` wrote.
         *
         * @param bytes a buffer with the file from its position to its limit; both stay unchanged.
         *
         * Throws [ModelException] where the file is damaged, has no labels and vocabulary, is of
         * another format version or of an unknown task, or has inputs that no text model has.
         */
        fun read(bytes: ByteBuffer): ModelFile {
            val content = bytes.slice().order(ByteOrder.LITTLE_ENDIAN)
            if (content.limit() < HEADER_SIZE || !Model.ModelBufferHasIdentifier(content)) {
                throw ModelException(
                    "this is not a .tflite file; choose one that `tfsqueeze export` wrote")
            }
            try {
                val model = Model.getRootAsModel(content)
                val metadata = readMetadata(content, model)
                return ModelFile(metadata, Signature.readAll(model).sortedBy { it.length })
            } catch (error: IndexOutOfBoundsException) {
                throw damaged(error)
            } catch (error: IllegalArgumentException) {  // A limit past the end, or no such table.
                throw damaged(error)
            } catch (error: BufferUnderflowException) {
                throw damaged(error)
            }
        }

        private fun damaged(error: Throwable) =
            ModelException("the model is truncated or damaged; copy or export it again", error)
    }
}
