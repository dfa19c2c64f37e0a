package io.github.tfsqueeze.core

/** The decoded output of a model for one text. */
sealed class Prediction {
    /** The labels of a text, or of a pair of texts, the most probable first. */
    data class Labels(val labels: List<LabelProbability>) : Prediction()

    /**
     * The labels that a text, or a pair of texts, has.
     *
     * @property chosen those whose probability reaches their threshold, the most probable first.
     * @property all every label of the model, the most probable first.
     */
    data class ChosenLabels(val chosen: List<LabelProbability>, val all: List<LabelProbability>) :
        Prediction()

    /** The number of a text, or of a pair of texts, in the unit of the training data. */
    data class Number(val value: Double) : Prediction()

    /**
     * The vector of a text: the nearer the meaning of two texts, the higher the product of theirs.
     *
     * @property vector a vector of length 1.
     */
    class Embedding(val vector: FloatArray) : Prediction()

    /** The texts of an index that are nearest to a text, nearest first. */
    data class Matches(val matches: List<Match>) : Prediction()

    /** The entities of a text, in order. */
    data class Entities(val entities: List<Entity>) : Prediction()

    /** The intents of a command, the most probable first, and its slots in order. */
    data class IntentAndSlots(val intents: List<LabelProbability>, val slots: List<Entity>) :
        Prediction()

    /**
     * The answers to a question.
     *
     * @property best the answer, or null where the context has none.
     * @property candidates the best spans of the context, the best first.
     * @property noAnswerProbability the probability that there is no answer; 0 where the model
     *   always finds one.
     * @property noAnswerScore the logits of no answer minus those of the best candidate, or null
     *   without candidates.
     */
    data class Answers(
        val best: Answer?,
        val candidates: List<Answer>,
        val noAnswerProbability: Double,
        val noAnswerScore: Double?,
    ) : Prediction()
}
