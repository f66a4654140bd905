import type Negotiator from 'negotiator';

let parser: typeof Negotiator | undefined;

/** Before anything is negotiated; an application that only imports the library need not wait for it. */
export async function loadNegotiator(): Promise<void> {
  parser ??= (await import('negotiator')).default;
}

function negotiator(headers: Record<string, string>): Negotiator {
  if (!parser) {
    throw new Error('loadNegotiator() comes first');
  }
  return new parser({ headers });
}

/** What a refused visitor gets. */
export type Representation = 'html' | 'json' | 'problem';

const HTML = new Set(['text/html', 'application/xhtml+xml']);
const PROBLEM = 'application/problem+json';
const JSON_TYPE = 'application/json';

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
  const answer = decide(accept);
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
  const others: string[] = [];
  for (const part of accept.split(',')) {
    const [range = '', ...parameters] = part.split(';');
    const type = range.trim().toLowerCase();
    if (HTML.has(type) || type === PROBLEM) {
      // a charset or profile does not make it another page
      const weight = parameters.filter((parameter) => /^\s*q\s*=/i.test(parameter));
      (type === PROBLEM ? problem : html).push([type, ...weight].join(';'));
    } else {
      others.push(part);
    }
  }
  // the order of ranges of the same weight says nothing (RFC 9110, 12.5.1): of those, HTML goes first, then problem+json
  const named = [...html, ...problem];
  const sorted = [...named, ...others].join(',');
  // what is not named is not offered: `*/*` does not mean a page
  const offered = [...new Set(named.map((range) => range.split(';', 1)[0] ?? '')), JSON_TYPE];
  const [best] = negotiator({ accept: sorted }).mediaTypes(offered);
  if (best !== undefined && HTML.has(best)) {
    return 'html';
  }
  return best === PROBLEM ? 'problem' : 'json';
}

/** The language a visitor asks for first, `'en'` when none. */
export function languageOf(acceptLanguage: string | undefined): string {
  if (!acceptLanguage) {
    return 'en';
  }
  const [first] = negotiator({ 'accept-language': acceptLanguage }).languages();
  return first !== undefined && /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/.test(first) && first.length <= 35
    ? first
    : 'en';
}
