import { createNegotiator, readPreferences } from '../i18n/preferences.js';

/** What a refused visitor gets. */
export type Representation = 'html' | 'json' | 'problem';

const HTML = new Set(['text/html', 'application/xhtml+xml']);
const PROBLEM = 'application/problem+json';
const JSON_TYPE = 'application/json';
/** Ranges that say how much JSON is wanted. */
const JSON_RANGES = new Set([JSON_TYPE, 'application/*', '*/*']);

/** Answers remembered; Accept headers are few, and whoever invents more shall not fill the memory. */
const REMEMBERED = 500;
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
  const remembered = known.get(accept);
  if (remembered) {
    return remembered;
  }
  const answer = decide(readPreferences(accept));
  if (accept.length <= LONGEST_REMEMBERED) {
    if (known.size >= REMEMBERED) {
      known.clear();
    }
    known.set(accept, answer);
  }
  return answer;
}

function decide(accept: string): Representation {
  const html: string[] = [];
  const problem: string[] = [];
  const json: string[] = [];
  for (const part of accept.split(',')) {
    const [range = '', ...parameters] = part.split(';');
    const type = range.trim().toLowerCase();
    const list = HTML.has(type)
      ? html
      : type === PROBLEM
        ? problem
        : JSON_RANGES.has(type)
          ? json
          : undefined;
    // a charset or profile does not make it another type
    list?.push([type, ...parameters.filter(isWeight)].join(';'));
  }
  // what is not named is not offered: `*/*` does not mean a page
  if (html.length === 0 && problem.length === 0) {
    return 'json';
  }
  // the order of ranges of the same weight says nothing (RFC 9110, 12.5.1): of those, HTML goes first, then problem+json
  const named = [...html, ...problem];
  const offered = [...new Set(named.map((range) => range.split(';', 1)[0] ?? '')), JSON_TYPE];
  const [best] = createNegotiator({ accept: [...named, ...json].join(',') }).mediaTypes(offered);
  if (best !== undefined && HTML.has(best)) {
    return 'html';
  }
  return best === PROBLEM ? 'problem' : 'json';
}

const isWeight = (parameter: string): boolean => /^\s*q\s*=/i.test(parameter);
