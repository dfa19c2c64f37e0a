package io.github.tfsqueeze.demo

import android.os.Build
import org.tensorflow.lite.gpu.CompatibilityList

/** A processor that runs a model. */
sealed class Device {
    /** The CPU, with XNNPACK. */
    data class Cpu(val threads: Int) : Device()

    data object Gpu : Device()

    /** The vendor's accelerators, through the neural networks API (deprecated in Android 15). */
    data object Nnapi : Device()

    companion object {
        /** Returns the devices of this phone, the default first. */
        fun supported(cores: Int = Runtime.getRuntime().availableProcessors()): List<Device> =
            listOf(2, 1, 4).filter { it <= cores || it == 1 }.map(::Cpu) +
                listOfNotNull(Gpu.takeIf { hasGpu() }, Nnapi.takeIf { hasNnapi() })

        private fun hasNnapi() = Build.VERSION.SDK_INT >= Build.VERSION_CODES.O_MR1

        private fun hasGpu(): Boolean = try {
            CompatibilityList().use { it.isDelegateSupportedOnThisDevice }
        } catch (absent: LinkageError) {
            false  // An app built without the GPU's native library, or for another processor.
        }
    }
}
