package io.github.tfsqueeze.core

/**
 * The tasks that this library predicts, each with the predictor of its models.
 *
 * A new task is one line here, its predictor, and its kind of [Prediction].
 *
 * @property taskName the name of the task for `tfsqueeze --task` and in a model's metadata, one
 *   of `tfsqueeze/tasks/task_names.py`.
 * @property hasLabels whether the model has names for its logits.
 * @property hasSlots whether the model has a second list of labels, those of the slots.
 */
enum class Task(
    val taskName: String,
    internal val createPredictor: (ModelFile, Engine) -> Predictor,
    internal val hasLabels: Boolean = true,
    internal val hasSlots: Boolean = false,
) {
    TEXT_CLASSIFICATION("text-classification", ::TextClassificationPredictor),
    MULTI_LABEL_CLASSIFICATION("multi-label-classification", ::MultiLabelClassificationPredictor),
    REGRESSION("regression", ::RegressionPredictor, hasLabels = false),
    TOKEN_CLASSIFICATION("token-classification", ::TokenClassificationPredictor),
    INTENT_AND_SLOTS("intent-and-slots", ::IntentAndSlotsPredictor, hasSlots = true),
    QUESTION_ANSWERING("question-answering", ::QuestionAnsweringPredictor),
    SENTENCE_EMBEDDINGS("sentence-embeddings", ::SentenceEmbeddingsPredictor, hasLabels = false);

    companion object {
        /** Returns the task of a name. Throws [ModelException] for an unknown name. */
        internal fun named(taskName: String): Task = entries.find { it.taskName == taskName }
            ?: throw ModelException("the model is for the task $taskName; " +
                "this version predicts ${entries.joinToString { it.taskName }}")
    }
}
