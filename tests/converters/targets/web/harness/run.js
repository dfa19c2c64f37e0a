// Runs the job that the server gives, and posts its results.

import {openPredictor, openTokenizer} from '/predictors/open_predictor.js';

const JOBS = {
  /** Returns the rows of texts. */
  async rows({about, items}) {
    const tokenizer = await openTokenizer(about);
    return items.map(([method, ...texts]) => tokenizer[method](...texts));
  },

  /** Returns the predictions for texts, and how long they took in milliseconds. */
  async predictions({items}) {
    const predictor = await openPredictor(new URL('/', location.href));
    const found = [];
    const begin = performance.now();
    for (const texts of items) found.push(await predictor.predict(...texts));
    return {found, milliseconds: performance.now() - begin};
  },

  /** Types into the page, and returns what it shows then. */
  async page({items}) {
    const find = await openPage();
    const seen = [];
    for (const texts of items) {
      texts.forEach((text, index) => { find(`#text-${index}`).value = text; });
      find('#status').textContent = '';
      find('#form button').click();
      await until(() => find('#status').textContent);
      seen.push({...shown(find), result: find('#result').innerText});
    }
    return seen;
  },

  /** Returns what the page shows when it has loaded, or has failed to. */
  async status() {
    return shown(await openPage());
  },
};

/** Returns a function that finds elements of the page, when it has loaded or has failed to. */
async function openPage() {
  const frame = document.createElement('iframe');
  frame.src = '/index.html';
  document.body.append(frame);
  const find = (selector) => frame.contentDocument?.querySelector(selector);
  await until(() => find('#form:not([hidden])') || find('#status.error'));
  return find;
}

function shown(find) {
  const status = find('#status');
  return {
    title: find('title').textContent,
    status: status.textContent,
    isError: status.classList.contains('error'),
  };
}

async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

let answer;
try {
  const job = await (await fetch('/harness/job')).json();
  answer = {results: await JOBS[job.kind](job)};
} catch (error) {
  answer = {error: `${error}\n${error.stack}`};
}
await fetch('/harness/results', {method: 'POST', body: JSON.stringify(answer)});
