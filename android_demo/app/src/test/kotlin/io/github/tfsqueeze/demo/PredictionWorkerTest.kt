package io.github.tfsqueeze.demo

import java.util.concurrent.atomic.AtomicInteger
import org.junit.Assert.assertEquals
import org.junit.Test

class PredictionWorkerTest {
    private val opened = AtomicInteger()
    private val worker = PredictionWorker(
        open = { _, _ ->
            opened.incrementAndGet()
            throw IllegalStateException("no device")
        },
        post = { it() },
        pauseMilliseconds = 50)

    private fun submit() = worker.submit(Request("model", Device.Cpu(1), "the cat", ""))

    @Test
    fun `a request is run once the typing pauses`() {
        submit()
        Thread.sleep(500)
        assertEquals(1, opened.get())
        worker.close()
    }

    @Test
    fun `a request that waits when the app is left is not run`() {
        submit()
        worker.close()
        Thread.sleep(500)
        assertEquals(0, opened.get())
    }
}
