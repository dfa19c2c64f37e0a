// A prediction as elements of the page. Texts of people and of models become text nodes alone.

const SHOWN = 10;

export const VIEWS = {
  'text-classification': ({label, probabilities}) => [headline(label), shares(probabilities)],
  'multi-label-classification': ({labels, probabilities}) =>
    [headline(labels.join(', ') || 'no label'), shares(probabilities)],
  'regression': ({number}) => [headline(Number(number.toPrecision(4)).toString())],
  'token-classification': ({text, entities}) => spans(text, entities),
  'intent-and-slots': ({text, intent, probabilities, slots}) =>
    [headline(intent), ...spans(text, slots), shares(probabilities)],
  'question-answering': answers,
  'sentence-embeddings': ({cosine, matches}) => matches
    ? [shares(matches.map((match) => [match.text, match.cosine]), threeDecimals)]
    : [headline(`cosine ${threeDecimals(cosine)}`)],
  'masked-lm': ({filled, masks}) =>
    [headline(filled), ...masks.map((mask) => shares(mask.map(named)))],
};

function answers({answer, probability, candidates}, [, context]) {
  const rest = candidates.map((one) => [one.text, one.probability]);
  return answer
    ? [headline(answer.text), marked(context, [answer]), shares(rest)]
    : [headline(`no answer (${percent(probability)})`), shares(rest)];
}

function named({token, probability}) {
  return [token, probability];
}

function spans(text, entities) {
  const rows = entities.map((one) => [`${one.type}: ${one.text}`, one.score]);
  return [marked(text, entities), rows.length ? shares(rows) : element('p', 'nothing found')];
}

/** Returns a text whose spans are marked with their types. */
function marked(text, found) {
  const paragraph = element('p');
  paragraph.className = 'text';
  let position = 0;
  for (const {start, end, type} of found) {
    const mark = element('mark', text.slice(start, end));
    if (type) mark.append(' ', element('small', type));
    paragraph.append(text.slice(position, start), mark);
    position = end;
  }
  paragraph.append(text.slice(position));
  return paragraph;
}

/** Returns a table of names and shares, the highest first; `write` writes a share. */
function shares(rows, write = percent) {
  const table = element('table');
  const sorted = [...rows].sort((a, b) => b[1] - a[1]);
  for (const [name, share] of sorted.slice(0, SHOWN)) {
    const row = table.insertRow();
    const header = element('th', name);
    header.scope = 'row';
    const meter = element('meter');
    meter.value = share;
    meter.ariaHidden = 'true'; // the number beside it says the same
    row.append(header);
    row.insertCell().append(meter);
    row.insertCell().append(write(share));
  }
  if (sorted.length > SHOWN) table.createCaption().append(`${SHOWN} of ${sorted.length}`);
  return table;
}

function headline(text) {
  const paragraph = element('p', text);
  paragraph.className = 'headline';
  return paragraph;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function threeDecimals(share) {
  return share.toFixed(3);
}

function element(tag, text = '') {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
