// The captions of the texts that a model of each task reads.

const texts = (pairs) => (pairs ? ['First text', 'Second text'] : ['Text']);

export const FIELDS = {
  'text-classification': texts,
  'multi-label-classification': texts,
  'regression': texts,
  'token-classification': texts,
  'intent-and-slots': texts,
  'question-answering': () => ['Question', 'Text with the answer'],
  'sentence-embeddings': (_, searches) =>
    searches ? ['Text to find others for'] : ['First text', 'Second text'],
  'masked-lm': () => ['Text with [MASK] for each missing word'],
};
