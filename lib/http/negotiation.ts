import { createNegotiator, readPreferences } from '../i18n/preferences.js';

/** The form of a refusal. */
export type Representation = 'html' | 'json' | 'problem';

const HTML = new Set(['text/html', 'application/xhtml+xml']);
const PROBLEM = 'application/problem+json';
const JSON_TYPE = 'application/json';
/** Ranges that can match something we send; all others are skipped. */
const RANGES: ReadonlySet<string> = new Set([...HTML, PROBLEM, JSON_TYPE, 'application/*', '*/*']);
const COMMA = 0x2c;
const SHORTEST_RANGE = '*/*'.length;
/** More are not needed: only six types count. */
const MOST_RANGES = 16;
const WEIGHT = /;\s*q\s*=\s*([^;]*)/i;

/** Cached results; there are few different Accept headers, and clients that invent more must not fill the memory. */
const REMEMBERED = 500;
/** Longer ones are not looked up: hashing reads all of a string. */
const LONGEST_REMEMBERED = 500;
const known = new Map<string, Representation>();

/**
 * The representation that an `Accept` header asks for: HTML if it is named and not ranked below JSON, problem+json if it is
 * named, else JSON.
 */
export function negotiate(accept: string | undefined): Representation {
  if (!accept) {
    return 'json';
  }
  // a slice of a long one would keep all of it in memory
  return accept.length > LONGEST_REMEMBERED
    ? decide(readPreferences(accept))
    : recall(accept, () => decide(accept));
}

function recall(accept: string, decideNow: () => Representation): Representation {
  if (accept.length > LONGEST_REMEMBERED) {
    return decideNow();
  }
  let answer = known.get(accept);
  if (!answer) {
    answer = decideNow();
    if (known.size >= REMEMBERED) {
      known.clear();
    }
    known.set(accept, answer);
  }
  return answer;
}

/**
 * A type that is not named is not offered: a wildcard does not mean a page. Most headers that would cost time name none of them.
 */
const NAMED = /text\/html|application\/(?:xhtml\+xml|problem\+json)/i;

function decide(accept: string): Representation {
  if (!NAMED.test(accept)) {
    return 'json';
  }
  const weights = readWeights(accept);
  const isNamed = (type: string): boolean => weights.has(type);
  const named = [...HTML, PROBLEM].filter(isNamed);
  if (named.length === 0) {
    return 'json';
  }
  if (weights.size === 1) {
    const [type = '', weight] = [...weights][0] ?? [];
    return weight && weight.value > 0 ? representationOf(type) : 'json';
  }
  // the order of ranges with the same weight means nothing (RFC 9110, 12.5.1): among them HTML comes first, then problem+json
  const ranges = [...named, JSON_TYPE, 'application/*', '*/*'].filter(isNamed);
  const sorted = ranges.map((type) => type + (weights.get(type)?.text ?? '')).join(',');
  return recall(sorted, () => {
    const [best] = createNegotiator({ accept: sorted }).mediaTypes([...named, JSON_TYPE]);
    return representationOf(best);
  });
}

const representationOf = (type: string | undefined): Representation =>
  type !== undefined && HTML.has(type) ? 'html' : type === PROBLEM ? 'problem' : 'json';

/** The weight of each range, item by item: one expression for all of them takes three times as long. */
function readWeights(accept: string): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  let last = '';
  let weight = NO_WEIGHT;
  for (let start = 0, read = 0; start < accept.length && read < MOST_RANGES;) {
    if (accept.charCodeAt(start) === COMMA) {
      start++;
      continue;
    }
    const comma = accept.indexOf(',', start);
    const end = comma < 0 ? accept.length : comma;
    const begin = start;
    start = end + 1;
    if (end - begin < SHORTEST_RANGE) {
      continue;
    }
    const item = accept.slice(begin, end);
    const semicolon = item.indexOf(';');
    const type = (semicolon < 0 ? item : item.slice(0, semicolon)).trim().toLowerCase();
    if (!RANGES.has(type)) {
      continue;
    }
    read++;
    // a charset or profile does not make it another type; of several weights of one type the highest counts
    const parameters = semicolon < 0 ? '' : item.slice(semicolon);
    if (parameters !== last) {
      last = parameters;
      weight = parseWeight(parameters);
    }
    if (!(weight.value <= (weights.get(type)?.value ?? -1))) {
      weights.set(type, weight);
    }
  }
  return weights;
}

interface Weight {
  /** The item as it is passed on. */
  readonly text: string;
  /** Its weight among others of its type. */
  readonly value: number;
}

const NO_WEIGHT: Weight = { text: '', value: 1 };

function parseWeight(parameters: string): Weight {
  const text = parameters === '' ? undefined : WEIGHT.exec(parameters)?.[1];
  return text === undefined ? NO_WEIGHT : { text: `;q=${text}`, value: Number.parseFloat(text) || 0 };
}
