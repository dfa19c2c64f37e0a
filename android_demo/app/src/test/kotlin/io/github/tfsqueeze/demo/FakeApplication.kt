package io.github.tfsqueeze.demo

import io.github.tfsqueeze.core.Engine
import io.github.tfsqueeze.core.ModelFile
import io.github.tfsqueeze.core.Signature
import io.github.tfsqueeze.core.Tensor
import java.io.FileNotFoundException
import java.nio.ByteBuffer

/** The app with the sample models of core's tests, and an engine that needs no native library. */
class FakeApplication : DemoApplication() {
    override var models: ModelSource = Samples(listOf("text-classification", "pairs",
        "token-classification", "intent-and-slots", "question-answering",
        "multi-label-classification", "regression", "sentence-embeddings"))
    override val devices = listOf(Device.Cpu(2), Device.Cpu(1), Device.Nnapi)

    /** The devices that engines were opened on. */
    val opened = mutableListOf<Device>()

    /** The number of engines that are open now. */
    @Volatile var open = 0

    override fun openEngine(model: ByteBuffer, device: Device): Engine {
        opened += device
        if (device is Device.Nnapi) throw IllegalArgumentException("Internal error: no such device")
        open++
        return FakeEngine { open-- }
    }
}

/** Gives the class whose number is that of the tokens, modulo the classes, the highest score. */
private class FakeEngine(private val closed: () -> Unit) : Engine {
    override fun run(signature: Signature, inputs: Map<String, IntArray>): Map<String, Tensor> =
        signature.outputs.associate { output ->
            val classes = output.shape.last()
            val best = inputs.getValue("input_ids").count { it != 0 } % classes
            output.name to Tensor.Int8(
                ByteArray(output.size) { if (it % classes == best) 20 else 0 })
        }

    override fun close() = closed()
}

/** What `core/sample_models.py` wrote; `damaged` is not a model. */
class Samples(override val names: List<String>) : ModelSource {
    override fun open(name: String): ByteBuffer {
        if (name == "damaged") return ByteBuffer.allocateDirect(100)
        return read("$name.tflite") ?: throw FileNotFoundException(name)
    }

    override fun openIndex(name: String): ByteBuffer? = read("$name.safetensors")

    private fun read(file: String): ByteBuffer? =
        ModelFile::class.java.getResourceAsStream(file)?.use { ByteBuffer.wrap(it.readBytes()) }
}
