package io.github.tfsqueeze.demo

import android.content.res.AssetManager
import java.io.FileInputStream
import java.nio.ByteBuffer
import java.nio.channels.FileChannel

/** The models among an app's assets: each of `tfsqueeze export --target android`. */
class ModelAssets(private val assets: AssetManager) : ModelSource {
    private val files = assets.list("").orEmpty().toSet()

    override val names: List<String> =
        files.filter { it.endsWith(MODEL) }.map { it.removeSuffix(MODEL) }.sorted()

    override fun open(name: String): ByteBuffer = map(name + MODEL)

    override fun openIndex(name: String): ByteBuffer? = (name + INDEX).takeIf { it in files }?.let(::map)

    private fun map(file: String): ByteBuffer = assets.openFd(file).use { descriptor ->
        FileInputStream(descriptor.fileDescriptor).use {
            it.channel.map(FileChannel.MapMode.READ_ONLY, descriptor.startOffset, descriptor.declaredLength)
        }
    }

    private companion object {
        const val MODEL = ".tflite"
        const val INDEX = ".safetensors"
    }
}
