package io.github.tfsqueeze.demo

import io.github.tfsqueeze.core.Result
import io.github.tfsqueeze.core.Task
import io.github.tfsqueeze.core.TaskRunner
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.TimeUnit

/** What is to be run: texts by a model on a device. [second] stays unused where one text is read. */
data class Request(val model: String, val device: Device, val first: String, val second: String)

/** What the screen shows of a request. */
sealed class Outcome {
    /** The model is open; it is for [task], and reads two texts if [takesSecond]. */
    data class Opened(val task: Task, val takesSecond: Boolean) : Outcome()

    /** A text is empty. */
    data object Waiting : Outcome()

    data class Success(val request: Request, val result: Result, val milliseconds: Double) :
        Outcome()

    data class Failure(val request: Request, val error: Throwable) : Outcome()
}

/**
 * Runs the newest request on a thread of its own once the typing pauses; older ones are dropped.
 *
 * @param open opens the runner of a model on a device; called on that thread.
 * @param post runs a block on the screen's thread.
 */
class LivePredictor(
    private val open: (model: String, device: Device) -> TaskRunner,
    private val post: (() -> Unit) -> Unit,
    private val pauseMilliseconds: Long = 120,
) : AutoCloseable {
    private val thread = Executors.newSingleThreadScheduledExecutor { Thread(it, "predictor") }
    private var pending: Future<*>? = null
    private var newest: Request? = null

    /** Who is told, on the screen's thread. A new listener is told at once of the latest. */
    var listener: ((Outcome) -> Unit)? = null
        set(value) {
            field = value
            listOfNotNull(opened, latest).forEach { value?.invoke(it) }
        }
    private var opened: Outcome.Opened? = null
    private var latest: Outcome? = null

    // Of the thread alone.
    private var runner: TaskRunner? = null
    private var runs: Pair<String, Device>? = null

    /** Called on the screen's thread. A request like the one before is not run again. */
    fun submit(request: Request) {
        if (request == newest) return
        newest = request
        pending?.cancel(false)
        pending = thread.schedule({ run(request) }, pauseMilliseconds, TimeUnit.MILLISECONDS)
    }

    private fun run(request: Request) {
        try {
            val runner = runnerFor(request)
            val second = request.second.takeIf { runner.takesSecond }
            tell(request, Outcome.Opened(runner.model.task, runner.takesSecond))
            if (request.first.isBlank() || second?.isBlank() == true) {
                return tell(request, Outcome.Waiting)
            }
            val start = System.nanoTime()
            val result = runner.run(request.first, second)
            tell(request, Outcome.Success(request, result, (System.nanoTime() - start) / 1e6))
        } catch (error: Exception) {
            tell(request, Outcome.Failure(request, error))
        } catch (error: LinkageError) {  // The native library is not for this processor.
            tell(request, Outcome.Failure(request, error))
        }
    }

    private fun runnerFor(request: Request): TaskRunner {
        val wanted = request.model to request.device
        runner?.let { if (runs == wanted) return it else it.close() }
        runner = null
        return open(request.model, request.device).also {
            runner = it
            runs = wanted
        }
    }

    private fun tell(request: Request, outcome: Outcome) = post {
        if (request == newest) {
            if (outcome is Outcome.Opened) opened = outcome else latest = outcome
            listener?.invoke(outcome)
        }
    }

    /** Closes the model after what is running. */
    override fun close() {
        listener = null
        thread.execute { runner?.close() }
        thread.shutdown()
    }
}
