import { readText, withoutTexts } from '../texts/stored-text.js';
import { instant, isAbsent, object, text } from './fields.js';
import type { Notice } from './record.js';

/** Reads a stored switch, or what a hold has in common with one. @throws Error */
export function readNotice(value: unknown): Notice {
  const raw = object(value, 'switch');
  return {
    ...withoutTexts(raw),
    since: instant(raw.since, 'since'),
    until: isAbsent(raw.until) ? null : instant(raw.until, 'until'),
    announced: raw.announced === true,
    message: readText(raw, 'message'),
    reason: text(raw.reason),
    actor: text(raw.actor),
  };
}
