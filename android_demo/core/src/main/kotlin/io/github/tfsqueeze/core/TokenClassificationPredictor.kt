package io.github.tfsqueeze.core

/** Predicts the entities of a text. */
internal class TokenClassificationPredictor(model: ModelFile, engine: Engine) :
    WordTaggingPredictor(model, engine, model.metadata.labels) {
    override fun tagLogits(outputs: Outputs) = outputs.single()

    override fun prediction(outputs: Outputs, entities: List<Entity>) =
        Prediction.Entities(entities)
}
