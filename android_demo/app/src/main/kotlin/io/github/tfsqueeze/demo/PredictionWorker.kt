package io.github.tfsqueeze.demo

import io.github.tfsqueeze.core.Predictor
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.TimeUnit

/**
 * Runs the newest request on a thread of its own once the typing pauses, and drops older ones.
 *
 * @param open opens the predictor of a model on a device; the worker's thread calls it.
 * @param post runs a block on the screen's thread.
 */
class PredictionWorker(
    private val open: (model: String, device: Device) -> Predictor,
    private val post: (() -> Unit) -> Unit,
    private val pauseMilliseconds: Long = 120,
) : AutoCloseable {
    private val thread = Executors.newSingleThreadScheduledExecutor { Thread(it, "predictor") }
    private var pending: Future<*>? = null
    private var newest: Request? = null

    /** Receives outcomes on the screen's thread. A new listener receives the latest at once. */
    var listener: ((Outcome) -> Unit)? = null
        set(value) {
            field = value
            listOfNotNull(opened, latest).forEach { value?.invoke(it) }
        }
    private var opened: Outcome.Opened? = null
    private var latest: Outcome? = null

    // Only the worker's thread uses these.
    private var predictor: Predictor? = null
    private var current: Pair<String, Device>? = null

    /** Call it on the screen's thread. A request equal to the one before is not run again. */
    fun submit(request: Request) {
        if (request == newest) return
        newest = request
        pending?.cancel(false)
        pending = thread.schedule({ run(request) }, pauseMilliseconds, TimeUnit.MILLISECONDS)
    }

    private fun run(request: Request) {
        try {
            val predictor = predictorFor(request)
            val second = request.second.takeIf { predictor.takesSecondText }
            publish(request, Outcome.Opened(predictor.model.task, predictor.takesSecondText))
            if (request.first.isBlank() || second?.isBlank() == true) {
                return publish(request, Outcome.Waiting)
            }
            val start = System.nanoTime()
            val prediction = predictor.predict(request.first, second)
            val milliseconds = (System.nanoTime() - start) / 1e6
            publish(request, Outcome.Success(request, prediction, milliseconds))
        } catch (error: Exception) {
            publish(request, Outcome.Failure(request, error))
        } catch (error: LinkageError) {  // The native library is not for this processor.
            publish(request, Outcome.Failure(request, error))
        }
    }

    private fun predictorFor(request: Request): Predictor {
        val wanted = request.model to request.device
        predictor?.let { if (current == wanted) return it else it.close() }
        predictor = null
        return open(request.model, request.device).also {
            predictor = it
            current = wanted
        }
    }

    private fun publish(request: Request, outcome: Outcome) = post {
        if (request == newest) {
            if (outcome is Outcome.Opened) opened = outcome else latest = outcome
            listener?.invoke(outcome)
        }
    }

    /** Closes the model once the running request is done. Call it on the screen's thread. */
    override fun close() {
        listener = null
        // It would run all the same, with a closed model or a new one.
        pending?.cancel(false)
        thread.execute { predictor?.close() }
        thread.shutdown()
    }
}
