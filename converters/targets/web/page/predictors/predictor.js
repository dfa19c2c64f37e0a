/** What a predictor needs; `predict` of the subclasses returns what Python's predictors return. */
export class Predictor {
  /**
   * @param {object} about what model.json says.
   * @param {WordPieceTokenizer} tokenizer turns texts into rows.
   * @param {{run: function}} network computes logits of rows; see network.js.
   */
  constructor(about, tokenizer, network) {
    this.about = about;
    this.tokenizer = tokenizer;
    this.network = network;
  }
}
