import { createNegotiator, readPreferences } from '../i18n/preferences.js';

/** What a refused visitor gets. */
export type Representation = 'html' | 'json' | 'problem';

const HTML = new Set(['text/html', 'application/xhtml+xml']);
const PROBLEM = 'application/problem+json';
const JSON_TYPE = 'application/json';
/** Ranges that say something of what can be sent, with their parameters; all others are passed over. */
const RANGES =
  /(?:^|,)\s*(text\/html|application\/(?:xhtml\+xml|problem\+json|json|\*)|\*\/\*)\s*((?:;[^,]*)?)(?=,|$)/gi;
/** More are not needed: only six types count. */
const MOST_RANGES = 16;
const WEIGHT = /;\s*q\s*=\s*([^;]*)/i;

/** Remembered answers; Accept headers are few, and clients that invent more must not fill the memory. */
const REMEMBERED = 500;
/** Longer ones are not even looked up: that reads all of them. */
const LONGEST_REMEMBERED = 500;
const known = new Map<string, Representation>();

/**
 * The representation that an `Accept` header asks for: HTML when it is named and not ranked below JSON, problem+json
 * when it is named, else JSON.
 */
export function negotiate(accept: string | undefined): Representation {
  if (!accept) {
    return 'json';
  }
  if (accept.length > LONGEST_REMEMBERED) {
    return decide(readPreferences(accept));
  }
  let answer = known.get(accept);
  if (!answer) {
    answer = decide(accept);
    if (known.size >= REMEMBERED) {
      known.clear();
    }
    known.set(accept, answer);
  }
  return answer;
}

function decide(accept: string): Representation {
  const weights = new Map<string, Weight>();
  let read = 0;
  for (const [, range = '', parameters = ''] of accept.matchAll(RANGES)) {
    if (++read > MOST_RANGES) {
      break;
    }
    const type = range.toLowerCase();
    // a charset or profile does not make it another type; of several weights of one type the highest counts
    const weight = parseWeight(parameters);
    if (!(weight.value <= (weights.get(type)?.value ?? -1))) {
      weights.set(type, weight);
    }
  }
  const isNamed = (type: string): boolean => weights.has(type);
  // what is not named is not offered: `*/*` does not mean a page
  const named = [...HTML, PROBLEM].filter(isNamed);
  if (named.length === 0) {
    return 'json';
  }
  // the order of ranges of the same weight says nothing (RFC 9110, 12.5.1): of those, HTML goes first, then problem+json
  const ranges = [...named, JSON_TYPE, 'application/*', '*/*'].filter(isNamed);
  const sorted = ranges.map((type) => type + (weights.get(type)?.text ?? '')).join(',');
  const [best] = createNegotiator({ accept: sorted }).mediaTypes([...named, JSON_TYPE]);
  if (best !== undefined && HTML.has(best)) {
    return 'html';
  }
  return best === PROBLEM ? 'problem' : 'json';
}

interface Weight {
  /** As it is sent on. */
  readonly text: string;
  /** What it counts for among others of its type. */
  readonly value: number;
}

const NO_WEIGHT: Weight = { text: '', value: 1 };

function parseWeight(parameters: string): Weight {
  const text = parameters === '' ? undefined : WEIGHT.exec(parameters)?.[1];
  return text === undefined ? NO_WEIGHT : { text: `;q=${text}`, value: Number.parseFloat(text) || 0 };
}
