package io.github.tfsqueeze.demo

import io.github.tfsqueeze.core.Prediction
import io.github.tfsqueeze.core.Task

/** The outcome of a request, for the screen. */
sealed class Outcome {
    /** The model is open. */
    data class Opened(val task: Task, val takesSecondText: Boolean) : Outcome()

    /** A text is empty. */
    data object Waiting : Outcome()

    data class Success(val request: Request, val prediction: Prediction, val milliseconds: Double) :
        Outcome()

    data class Failure(val request: Request, val error: Throwable) : Outcome()
}
