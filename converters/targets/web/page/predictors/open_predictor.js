// Opens the predictor of a model's task.

import {fetchFile} from '../fetch_file.js';
import {openNetwork} from '../network.js';
import {openSearchIndex} from '../search_index.js';
import {CharacterTable} from '../tokenizer/character_table.js';
import {WordPieceTokenizer} from '../tokenizer/word_piece_tokenizer.js';
import {IntentAndSlotsPredictor} from './intent_and_slots.js';
import {MaskedLMPredictor} from './masked_lm.js';
import {MultiLabelClassificationPredictor} from './multi_label_classification.js';
import {QuestionAnsweringPredictor} from './question_answering.js';
import {RegressionPredictor} from './regression.js';
import {SentenceEmbeddingsPredictor} from './sentence_embeddings.js';
import {TextClassificationPredictor} from './text_classification.js';
import {TokenClassificationPredictor} from './token_classification.js';

// The task names are those of tfsqueeze/tasks/task_names.py.
export const PREDICTORS = {
  'text-classification': TextClassificationPredictor,
  'multi-label-classification': MultiLabelClassificationPredictor,
  'regression': RegressionPredictor,
  'token-classification': TokenClassificationPredictor,
  'intent-and-slots': IntentAndSlotsPredictor,
  'question-answering': QuestionAnsweringPredictor,
  'sentence-embeddings': SentenceEmbeddingsPredictor,
  'masked-lm': MaskedLMPredictor,
};

/** Opens the model of a folder; `folder` is a URL that ends in a slash. */
export async function openPredictor(folder) {
  const about = await (await fetchFile(new URL('model.json', folder))).json();
  const tokenizer = await openTokenizer(about);
  const network = await openNetwork(folder, {...about, padId: tokenizer.padId});
  const index = about.searches_texts ? await openSearchIndex(folder) : null;
  return new PREDICTORS[about.task](about, tokenizer, network, index);
}

/** Returns the tokenizer that model.json describes. */
export async function openTokenizer(about) {
  const characters = await fetchFile(new URL('../tokenizer/characters.bin', import.meta.url));
  const table = new CharacterTable(await characters.arrayBuffer());
  const {vocabulary, lowercase, max_length: maxLength, match_stop_words: stopWords} = about;
  return new WordPieceTokenizer(table, vocabulary, lowercase, maxLength, stopWords);
}
