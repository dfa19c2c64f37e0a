package io.github.tfsqueeze.core

import org.tensorflow.lite.schema.Tensor as SchemaTensor
import org.tensorflow.lite.schema.TensorType

/** The element types of inputs and outputs, with their numbers in TensorFlow Lite's schema. */
enum class DataType(internal val code: Byte) {
    FLOAT32(TensorType.FLOAT32), INT32(TensorType.INT32), INT8(TensorType.INT8)
}

/**
 * The description of an input or an output.
 *
 * A quantized tensor stores `real value / scale + zeroPoint`. The scale of all others is 0.
 */
class TensorInfo(
    val name: String,
    val shape: List<Int>,
    val dataType: DataType,
    val scale: Float,
    val zeroPoint: Int,
) {
    /** The number of elements. */
    val size: Int get() = shape.fold(1) { product, length -> product * length }

    /** Returns the real values. Throws [ModelException] where the number of elements is wrong. */
    internal fun dequantize(stored: Tensor): FloatArray {
        val values = when (stored) {
            is Tensor.Float32 -> stored.values
            is Tensor.Int8 -> FloatArray(stored.values.size) { stored.values[it].toFloat() }
        }
        if (values.size != size) {
            throw ModelException("the engine gave $name ${values.size} elements instead of $size")
        }
        if (scale == 0f) return values
        return FloatArray(size) { scale * (values[it] - zeroPoint.toFloat()) }
    }

    internal companion object {
        /** Reads the description of a tensor from the model's FlatBuffer. */
        fun read(name: String, tensor: SchemaTensor): TensorInfo {
            val dataType = DataType.entries.find { it.code == tensor.type() }
                ?: throw ModelException("$name has elements of type ${tensor.type()}; " +
                    "int32, int8 and float32 are known")
            val shape = tensor.shapeAsByteBuffer()?.asIntBuffer()
            val quantization = tensor.quantization()
            return TensorInfo(
                name,
                shape?.let { buffer -> List(buffer.remaining()) { buffer.get(it) } }.orEmpty(),
                dataType,
                quantization?.takeIf { it.scaleLength() > 0 }?.scale(0) ?: 0f,
                quantization?.takeIf { it.zeroPointLength() > 0 }?.zeroPoint(0)?.toInt() ?: 0)
        }
    }
}
