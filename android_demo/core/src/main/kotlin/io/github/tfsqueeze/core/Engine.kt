package io.github.tfsqueeze.core

/** The elements of an output as the runtime stored them, in row-major order. */
sealed class Tensor {
    class Int8(val values: ByteArray) : Tensor()
    class Float32(val values: FloatArray) : Tensor()
}

/** A runtime that has a model open. TaskRunner never calls it from two threads at once. */
interface Engine : AutoCloseable {
    /**
     * Runs a signature once.
     *
     * [inputs] has for each of the signature's inputs, by name, as many elements as it has; the
     * result likewise for each of its outputs.
     */
    fun run(signature: Signature, inputs: Map<String, IntArray>): Map<String, Tensor>
}

/** The real values of an output of that tensor. */
internal fun TensorInfo.dequantize(stored: Tensor): FloatArray {
    val values = when (stored) {
        is Tensor.Float32 -> stored.values
        is Tensor.Int8 -> FloatArray(stored.values.size) { stored.values[it].toFloat() }
    }
    if (values.size != size) {
        throw ModelException("the engine gave $name ${values.size} elements in place of $size")
    }
    if (scale == 0f) return values
    return FloatArray(size) { scale * (values[it] - zeroPoint.toFloat()) }
}
