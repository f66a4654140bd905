import { describeValue, MaintenanceConfigurationError } from '../errors/errors.js';
import type { MaintenanceText } from './maintenance-text.js';

/** Characters, of all languages together. */
export const LONGEST_TEXT = 10_000;
const MOST_LANGUAGES = 100;
const LONGEST_TAG = 35;

const ACCEPTED = `a string of at most ${LONGEST_TEXT} characters, or one for each language such as { "": "Back soon", de: "Gleich zurück" }`;

/**
 * A text for visitors; `null` for none. Texts of nothing but spaces and line breaks count as none: a page would show no message.
 * @throws MaintenanceConfigurationError unless it is text of a sensible length, texts by language tag, `null` or absent
 */
export function visitorTextOption(option: string, value: unknown): MaintenanceText | null {
  if (value === undefined || value === null || value === '') {
    return null;
  }
  const fault = textFault(value);
  if (fault !== undefined) {
    const [tag] = fault;
    throw MaintenanceConfigurationError.of(option, value, ACCEPTED, () =>
      tag === undefined
        ? describeValue(value)
        : `${describeValue((value as Record<string, unknown>)[tag])} for the language ${describeValue(tag)}`,
    );
  }
  if (typeof value === 'string') {
    return isBlank(value) ? null : value;
  }
  const given = Object.entries(value as Record<string, string>).filter(([, text]) => !isBlank(text));
  const texts = Object.fromEntries(given.map(([tag, text]) => [canonical(tag) ?? tag, text]));
  const { '': main, ...others } = texts;
  return given.length === 0
    ? null
    : main !== undefined && Object.keys(others).length === 0
      ? main
      : Object.freeze(texts);
}

/** Whether it shows nothing. */
export const isBlank = (text: string): boolean => text.trim() === '';

/** What is wrong with a text for visitors: the language tag, or the whole; `undefined`: nothing. */
export function textFault(value: unknown): [tag?: string] | undefined {
  if (typeof value === 'string') {
    return value.length > LONGEST_TEXT ? [] : undefined;
  }
  const prototype: unknown =
    typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    return [];
  }
  const given = Object.entries(value as object);
  const tags = new Set<string>();
  let length = 0;
  for (const [tag, text] of given) {
    const known = canonical(tag);
    if (known === undefined || tags.has(known) || typeof text !== 'string') {
      return [tag];
    }
    tags.add(known);
    length += text.length;
  }
  return given.length === 0 || given.length > MOST_LANGUAGES || length > LONGEST_TEXT ? [] : undefined;
}

/** A language tag in the form of BCP 47; `undefined` if it is invalid. */
function canonical(tag: string): string | undefined {
  if (tag === '') {
    return tag;
  }
  try {
    return tag.length > LONGEST_TAG ? undefined : Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
