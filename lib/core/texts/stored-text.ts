import { isAbsent, text } from '../document/fields.js';
import { mainText, type MaintenanceText, type MaintenanceTexts } from './maintenance-text.js';

/** Fields that may hold one text per language, and where all of them are stored: beside the one that older versions read. */
const PLURALS = { message: 'messages', announcement: 'announcements' } as const;

/** How the JSON of a field looks that holds texts per language. */
const TEXTS = new RegExp(`"(?:${Object.keys(PLURALS).join('|')})":\\{`);

/** As JSON, with texts per language beside the one that stands for all. */
export function toStoredJson(value: unknown): string {
  const json = JSON.stringify(value);
  // asking about each field takes longer than everything else
  return TEXTS.test(json) ? JSON.stringify(value, splitTexts) : json;
}

function splitTexts(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  let split: Record<string, unknown> | undefined;
  for (const [one, all] of Object.entries(PLURALS)) {
    const given = (value as Record<string, unknown>)[one];
    if (typeof given === 'object' && given !== null) {
      split = { ...(split ?? value), [one]: mainText(given as MaintenanceTexts), [all]: given };
    }
  }
  return split ?? value;
}

/**
 * Reads a text that may be one per language. If the writer's version did not know languages, its text alone counts.
 * @throws Error if it is not text
 */
export function readText(
  raw: Record<string, unknown>,
  field: 'message' | 'announcement',
): MaintenanceText | null {
  const main = text(raw[field]);
  const all = raw[PLURALS[field]];
  return isTexts(all) && mainText(all) === main ? all : main;
}

/** Reads the message of a record in place: one field has all of its texts. @throws Error if it is not text */
export function readMessage(raw: Record<string, unknown>): void {
  raw['message'] = readText(raw, 'message');
  if (PLURALS.message in raw) {
    delete raw[PLURALS.message];
  }
}

/** The fields of a record without those that {@link readText} has read. */
export const withoutTexts = ({
  [PLURALS.message]: _,
  [PLURALS.announcement]: __,
  ...rest
}: Record<string, unknown>): Record<string, unknown> => rest;

const isTexts = (value: unknown): value is MaintenanceTexts =>
  !isAbsent(value) &&
  typeof value === 'object' &&
  !Array.isArray(value) &&
  Object.values(value).every((one) => typeof one === 'string');
