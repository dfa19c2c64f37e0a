package io.github.tfsqueeze.demo

import io.github.tfsqueeze.core.DataType
import io.github.tfsqueeze.core.Engine
import io.github.tfsqueeze.core.Signature
import io.github.tfsqueeze.core.Tensor
import io.github.tfsqueeze.core.TensorInfo
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.tensorflow.lite.Delegate
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.gpu.GpuDelegate
import org.tensorflow.lite.nnapi.NnApiDelegate

/**
 * TensorFlow Lite with a model open.
 *
 * Use it on one thread only: the GPU's delegate must run on the thread that made it.
 *
 * @param model the bytes of a .tflite file, in a direct or mapped buffer.
 *
 * Throws IllegalArgumentException or IllegalStateException where the device cannot run the model.
 */
class TfliteEngine(model: ByteBuffer, device: Device) : Engine {
    private val delegate: Delegate? = when (device) {
        is Device.Cpu -> null
        Device.Gpu -> GpuDelegate()
        Device.Nnapi -> NnApiDelegate()
    }
    private val interpreter = try {
        Interpreter(model, options(device))
    } catch (error: RuntimeException) {
        delegate?.close()
        throw error
    }

    private fun options(device: Device) = Interpreter.Options().apply {
        if (device is Device.Cpu) {
            numThreads = device.threads
            useXNNPACK = true
        }
        delegate?.let(::addDelegate)
    }

    override fun run(signature: Signature, inputs: Map<String, IntArray>): Map<String, Tensor> {
        val given = signature.inputs.associate { info ->
            info.name to buffer(info).apply { asIntBuffer().put(inputs.getValue(info.name)) }
        }
        val found = signature.outputs.associate { it.name to buffer(it) }
        interpreter.runSignature(given, found, signature.key)
        return signature.outputs.associate { it.name to tensor(it, found.getValue(it.name)) }
    }

    private fun buffer(info: TensorInfo): ByteBuffer {
        val bytes = if (info.dataType == DataType.INT8) 1 else 4
        return ByteBuffer.allocateDirect(info.size * bytes).order(ByteOrder.nativeOrder())
    }

    private fun tensor(info: TensorInfo, content: ByteBuffer): Tensor {
        content.rewind()
        return when (info.dataType) {
            DataType.INT8 -> Tensor.Int8(ByteArray(info.size).also { content.get(it) })
            DataType.FLOAT32 ->
                Tensor.Float32(FloatArray(info.size).also { content.asFloatBuffer().get(it) })
            DataType.INT32 -> error("${info.name} is an int32 output")
        }
    }

    override fun close() {
        interpreter.close()
        delegate?.close()
    }
}
