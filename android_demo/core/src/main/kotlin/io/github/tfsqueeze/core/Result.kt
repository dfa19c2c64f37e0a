package io.github.tfsqueeze.core

/** A class and its probability in 0..1. */
data class LabelProbability(val label: String, val probability: Double)

/**
 * A span of a text, as a named entity or a slot: its UTF-16 units from [start] to before [end].
 *
 * [score] is the mean, over its words, of the probability of the tag that the word has.
 */
data class Entity(
    val text: String,
    val type: String,
    val start: Int,
    val end: Int,
    val score: Double,
)

/**
 * A piece of a context that may answer a question: its UTF-16 units from [start] to before [end],
 * and its share of the probability among the candidates.
 */
data class Answer(val text: String, val start: Int, val end: Int, val probability: Double)

/** What a model makes of a text. */
sealed class Result {
    /** The labels of a text, or of a pair of texts, the most probable first. */
    data class Classification(val labels: List<LabelProbability>) : Result()

    /** The entities of a text, in order. */
    data class Entities(val entities: List<Entity>) : Result()

    /** The intents of a command, the most probable first, and its slots in order. */
    data class IntentAndSlots(val intents: List<LabelProbability>, val slots: List<Entity>) :
        Result()

    /**
     * The answers to a question.
     *
     * @property best the answer; null where there is none.
     * @property candidates the best pieces of the context, best first.
     * @property noAnswerProbability that there is none; 0 where the model always finds one.
     * @property noAnswerScore by how much the logits of no answer are above those of the best
     *   candidate; null without candidates.
     */
    data class Answers(
        val best: Answer?,
        val candidates: List<Answer>,
        val noAnswerProbability: Double,
        val noAnswerScore: Double?,
    ) : Result()
}
