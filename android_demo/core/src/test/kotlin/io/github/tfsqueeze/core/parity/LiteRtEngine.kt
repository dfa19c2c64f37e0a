package io.github.tfsqueeze.core.parity

import com.sun.jna.Library
import com.sun.jna.Memory
import com.sun.jna.Native
import com.sun.jna.Pointer
import com.sun.jna.ptr.PointerByReference
import io.github.tfsqueeze.core.DataType
import io.github.tfsqueeze.core.Engine
import io.github.tfsqueeze.core.ModelFile
import io.github.tfsqueeze.core.Signature
import io.github.tfsqueeze.core.Tensor
import io.github.tfsqueeze.core.TensorInfo

/**
 * LiteRT's CompiledModel on the CPU, by the C API of a desktop's libLiteRt.so, such as PyPI's
 * ai-edge-litert carries (2.3: `litert/c/litert_compiled_model.h` and its neighbours).
 */
internal class LiteRtEngine(library: String, path: String, model: ModelFile) : Engine {
    private val api = Native.load(library, Api::class.java)
    private val environment = made { api.LiteRtCreateEnvironment(0, null, it) }
    private val file = made { api.LiteRtCreateModelFromFile(environment, path, it) }
    private val options = made { api.LiteRtCreateOptions(it) }
    private val compiled: Pointer
    private val calls: Map<String, Call>

    init {
        check(api.LiteRtSetOptionsHardwareAccelerators(options, CPU))
        compiled = made { api.LiteRtCreateCompiledModel(environment, file, options, it) }
        calls = model.signatures.associate { it.key to Call(it) }
    }

    override fun run(signature: Signature, inputs: Map<String, IntArray>): Map<String, Tensor> =
        calls.getValue(signature.key).run(inputs)

    override fun close() {
        calls.values.forEach { it.close() }
        api.LiteRtDestroyCompiledModel(compiled)
        api.LiteRtDestroyOptions(options)
        api.LiteRtDestroyModel(file)
        api.LiteRtDestroyEnvironment(environment)
    }

    /** One signature with its buffers. */
    private inner class Call(private val signature: Signature) {
        private val index = signature.index.toLong()
        private val native = made { api.LiteRtGetModelSignature(file, index, it) }
        private val inputs = buffers(signature.inputs, api::LiteRtGetSignatureInputName,
            api::LiteRtGetSignatureInputTensorByIndex,
            api::LiteRtGetCompiledModelInputBufferRequirements)
        private val outputs = buffers(signature.outputs, api::LiteRtGetSignatureOutputName,
            api::LiteRtGetSignatureOutputTensorByIndex,
            api::LiteRtGetCompiledModelOutputBufferRequirements)

        /** Returns a buffer for each of the tensors, in the order of LiteRT. */
        private fun buffers(
            infos: List<TensorInfo>,
            name: (Pointer, Long, PointerByReference) -> Int,
            tensor: (Pointer, Long, PointerByReference) -> Int,
            requirements: (Pointer, Long, Long, PointerByReference) -> Int,
        ): List<Pair<TensorInfo, Pointer>> = infos.indices.map { position ->
            val found = made { name(native, position.toLong(), it) }.getString(0)
            val type = Memory(RANKED_TENSOR_TYPE_BYTES)
            check(api.LiteRtGetRankedTensorType(made { tensor(native, position.toLong(), it) }, type))
            val needed = made { requirements(compiled, index, position.toLong(), it) }
            Pair(infos.single { it.name == found }, made {
                api.LiteRtCreateManagedTensorBufferFromRequirements(environment, type, needed, it)
            })
        }

        fun run(values: Map<String, IntArray>): Map<String, Tensor> {
            for ((info, buffer) in inputs) {
                locked(buffer, WRITE) { it.write(0, values.getValue(info.name), 0, info.size) }
            }
            check(api.LiteRtRunCompiledModel(compiled, index, inputs.size.toLong(), array(inputs),
                outputs.size.toLong(), array(outputs)))
            return outputs.associate { (info, buffer) ->
                info.name to locked(buffer, READ) {
                    if (info.dataType == DataType.INT8) Tensor.Int8(it.getByteArray(0, info.size))
                    else Tensor.Float32(it.getFloatArray(0, info.size))
                }
            }
        }

        fun close() = (inputs + outputs).forEach { api.LiteRtDestroyTensorBuffer(it.second) }

        private fun array(buffers: List<Pair<TensorInfo, Pointer>>) =
            Array(buffers.size) { buffers[it].second }
    }

    private fun <T> locked(buffer: Pointer, mode: Int, use: (Pointer) -> T): T {
        val memory = made { api.LiteRtLockTensorBuffer(buffer, it, mode) }
        try {
            return use(memory)
        } finally {
            check(api.LiteRtUnlockTensorBuffer(buffer))
        }
    }

    private fun made(call: (PointerByReference) -> Int): Pointer =
        PointerByReference().also { check(call(it)) }.value

    private fun check(status: Int) = check(status == 0) { "LiteRT failed with status $status" }

    @Suppress("FunctionName")
    private interface Api : Library {
        fun LiteRtCreateEnvironment(count: Int, options: Pointer?, made: PointerByReference): Int
        fun LiteRtCreateModelFromFile(environment: Pointer, path: String, made: PointerByReference): Int
        fun LiteRtCreateOptions(made: PointerByReference): Int
        fun LiteRtSetOptionsHardwareAccelerators(options: Pointer, accelerators: Int): Int
        fun LiteRtCreateCompiledModel(
            environment: Pointer, model: Pointer, options: Pointer, made: PointerByReference): Int
        fun LiteRtGetModelSignature(model: Pointer, index: Long, found: PointerByReference): Int
        fun LiteRtGetSignatureInputName(signature: Pointer, input: Long, found: PointerByReference): Int
        fun LiteRtGetSignatureOutputName(signature: Pointer, output: Long, found: PointerByReference): Int
        fun LiteRtGetSignatureInputTensorByIndex(
            signature: Pointer, input: Long, found: PointerByReference): Int
        fun LiteRtGetSignatureOutputTensorByIndex(
            signature: Pointer, output: Long, found: PointerByReference): Int
        fun LiteRtGetRankedTensorType(tensor: Pointer, type: Pointer): Int
        fun LiteRtGetCompiledModelInputBufferRequirements(
            model: Pointer, signature: Long, input: Long, found: PointerByReference): Int
        fun LiteRtGetCompiledModelOutputBufferRequirements(
            model: Pointer, signature: Long, output: Long, found: PointerByReference): Int
        fun LiteRtCreateManagedTensorBufferFromRequirements(
            environment: Pointer, type: Pointer, requirements: Pointer, made: PointerByReference): Int
        fun LiteRtLockTensorBuffer(buffer: Pointer, memory: PointerByReference, mode: Int): Int
        fun LiteRtUnlockTensorBuffer(buffer: Pointer): Int
        fun LiteRtRunCompiledModel(
            model: Pointer, signature: Long, inputCount: Long, inputs: Array<Pointer>,
            outputCount: Long, outputs: Array<Pointer>): Int
        fun LiteRtDestroyTensorBuffer(buffer: Pointer)
        fun LiteRtDestroyCompiledModel(model: Pointer)
        fun LiteRtDestroyOptions(options: Pointer)
        fun LiteRtDestroyModel(model: Pointer)
        fun LiteRtDestroyEnvironment(environment: Pointer)
    }

    private companion object {
        const val CPU = 1  // kLiteRtHwAcceleratorCpu
        const val READ = 0  // kLiteRtTensorBufferLockModeRead
        const val WRITE = 1  // kLiteRtTensorBufferLockModeWrite
        // More than any LiteRtRankedTensorType has; it is only passed on.
        const val RANKED_TENSOR_TYPE_BYTES = 512L
    }
}
