package io.github.tfsqueeze.demo

import android.content.res.AssetManager
import java.io.FileInputStream
import java.nio.ByteBuffer
import java.nio.channels.FileChannel

/** The models among an app's assets: each a file of `tfsqueeze export --target android`. */
class ModelAssets(private val assets: AssetManager) : ModelSource {
    override val names: List<String> =
        assets.list("").orEmpty().filter { it.endsWith(SUFFIX) }.map { it.removeSuffix(SUFFIX) }
            .sorted()

    override fun open(name: String): ByteBuffer = assets.openFd(name + SUFFIX).use { file ->
        FileInputStream(file.fileDescriptor).use {
            it.channel.map(FileChannel.MapMode.READ_ONLY, file.startOffset, file.declaredLength)
        }
    }

    private companion object {
        const val SUFFIX = ".tflite"
    }
}
