package io.github.tfsqueeze.core

/** The elements of an output as the runtime stored them, in row-major order. */
sealed class Tensor {
    class Int8(val values: ByteArray) : Tensor()
    class Float32(val values: FloatArray) : Tensor()
}
