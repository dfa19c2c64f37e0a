// The page: a form for the model's task, and what the model says of the texts in it.

import {FIELDS} from './fields.js';
import {openPredictor} from './predictors/open_predictor.js';
import {VIEWS} from './views.js';

const [title, about, form, fields, status, result] =
  ['title', 'about', 'form', 'fields', 'status', 'result'].map((id) => document.getElementById(id));

try {
  start(await openPredictor(new URL('./', location.href)));
} catch (error) {
  status.textContent = `The model cannot be opened: ${error.message}`;
  status.classList.add('error');
}

function start(predictor) {
  const {name, description, max_length: maxLength, task, pairs, searches_texts: searches} =
    predictor.about;
  document.title = title.textContent = name;
  about.textContent = `${description} It reads ${maxLength} tokens.`;
  const inputs = FIELDS[task](pairs, searches).map(addField);
  status.textContent = '';
  form.hidden = false;
  inputs[0].focus();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    show(predictor, inputs.map((input) => input.value));
  });
}

function addField(label, index) {
  const caption = document.createElement('label');
  caption.textContent = label;
  caption.htmlFor = `text-${index}`;
  const input = document.createElement('textarea');
  input.id = caption.htmlFor;
  input.rows = 3;
  input.dir = 'auto';
  fields.append(caption, input);
  return input;
}

let latest = 0;

/** Predicts, and shows the result unless a later prediction has begun. */
async function show(predictor, texts) {
  const number = ++latest;
  const begin = performance.now();
  try {
    const prediction = await predictor.predict(...texts);
    if (number !== latest) return;
    result.replaceChildren(...VIEWS[predictor.about.task](prediction, texts));
    status.textContent = `${(performance.now() - begin).toFixed(1)} ms`;
    status.classList.remove('error');
  } catch (error) {
    if (number !== latest) return;
    result.replaceChildren();
    status.textContent = error.message;
    status.classList.add('error');
  }
}
