package io.github.tfsqueeze.demo

import io.github.tfsqueeze.core.DataType
import io.github.tfsqueeze.core.Engine
import io.github.tfsqueeze.core.Signature
import io.github.tfsqueeze.core.Tensor
import java.io.FileNotFoundException
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** The app with the models of resources/models, and an engine whose answers tests choose. */
open class FakeApplication : DemoApplication() {
    override var models: ModelSource = TestModels(listOf("topics", "pairs", "names", "commands"))
    override val devices = listOf(Device.Cpu(2), Device.Cpu(1), Device.Nnapi)

    /** The devices that engines were opened on, and how many of the engines are open. */
    val opened = mutableListOf<Device>()
    @Volatile var open = 0

    override fun openEngine(model: ByteBuffer, device: Device): Engine {
        opened += device
        if (device is Device.Nnapi) throw IllegalArgumentException("Internal error: no such device")
        open++
        return FakeEngine { open-- }
    }
}

/** Gives one class the highest score at each place: the one that the number of tokens stands for. */
private class FakeEngine(private val closed: () -> Unit) : Engine {
    override fun run(signature: Signature, inputs: Map<String, IntArray>): Map<String, Tensor> =
        signature.outputs.associate { output ->
            val classes = output.shape.last()
            val best = inputs.getValue("input_ids").count { it != 0 } % classes
            output.name to when (output.dataType) {
                DataType.INT8 -> Tensor.Int8(
                    ByteArray(output.size) { if (it % classes == best) 100 else -100 })
                else -> Tensor.Float32(
                    FloatArray(output.size) { if (it % classes == best) 4f else -4f })
            }
        }

    override fun close() = closed()
}

/** Models of resources/models; another name has bytes that are none. */
class TestModels(override val names: List<String>) : ModelSource {
    override fun open(name: String): ByteBuffer {
        if (name == "damaged") return ByteBuffer.allocateDirect(100)
        val bytes = javaClass.getResourceAsStream("/models/$name.tflite")?.readBytes()
            ?: throw FileNotFoundException(name)
        return ByteBuffer.allocateDirect(bytes.size).order(ByteOrder.nativeOrder()).put(bytes)
            .apply { rewind() }
    }
}
