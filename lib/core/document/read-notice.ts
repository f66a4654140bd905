import { readMessage } from '../texts/stored-text.js';
import { instant, isAbsent, object, text } from './fields.js';
import type { Notice } from './record.js';

/** Reads a stored switch, or what a hold has in common with one, in place. @throws Error */
export function readNotice(value: unknown): Notice {
  const raw = readWords(object(value, 'switch'));
  instant(raw.since, 'since');
  raw.until = isAbsent(raw.until) ? null : instant(raw.until, 'until');
  raw.announced = raw.announced === true;
  return raw as unknown as Notice;
}

/** Reads what a notice or a change says, in place. @throws Error */
export function readWords(raw: Record<string, unknown>): Record<string, unknown> {
  readMessage(raw);
  raw.reason = text(raw.reason);
  raw.actor = text(raw.actor);
  return raw;
}
