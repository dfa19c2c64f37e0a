package io.github.tfsqueeze.demo

import android.app.Application
import io.github.tfsqueeze.core.Engine
import java.nio.ByteBuffer

/** The app's models, devices and engine, which tests replace. */
open class DemoApplication : Application() {
    open val models: ModelSource by lazy { ModelAssets(assets) }

    open val devices: List<Device> by lazy { Device.supported() }

    open fun openEngine(model: ByteBuffer, device: Device): Engine = TfliteEngine(model, device)
}
