import type { MaintenanceText } from '../core/texts/maintenance-text.js';
import { usage } from './exit.js';

/** A text that follows the tag of its language: `de=Gleich zurück`. */
const IN_LANGUAGE = /^([a-z]{2,3}(?:-[a-z\d]{2,8})*)=([^]*)$/i;

/**
 * A text for visitors: one for everybody, or several, of which all but one say their language. One alone is taken as it is.
 * @param what the option, for the error
 */
export function parseText(values: readonly string[] | undefined, what: string): MaintenanceText | undefined {
  if (values === undefined || values.length < 2) {
    return values?.[0];
  }
  const texts = new Map<string, string>();
  for (const value of values) {
    const [, tag = '', text = value] = IN_LANGUAGE.exec(value) ?? [];
    const language = tag.toLowerCase();
    if (texts.has(language)) {
      const who = language === '' ? 'without a language' : `for "${language}"`;
      throw usage(
        `${what} was given more than once ${who}; accepted: ${what} "Back soon" ${what} de="Gleich zurück".`,
      );
    }
    texts.set(language, text);
  }
  return Object.fromEntries(texts);
}
