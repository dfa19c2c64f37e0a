package io.github.tfsqueeze.core

/** Predicts the intent of a command and its slots. */
internal class IntentAndSlotsPredictor(model: ModelFile, engine: Engine) :
    WordTaggingPredictor(model, engine, model.metadata.slotLabels) {
    override fun tagLogits(outputs: Outputs) = outputs["slot_logits"]

    override fun prediction(outputs: Outputs, entities: List<Entity>) = Prediction.IntentAndSlots(
        rankLabels(outputs["intent_logits"], model.metadata.labels), entities)
}
