import { DAY } from '../keys/durations.js';
import { MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceKeyOptions } from '../keys/maintenance-key-options.js';
import type { CatalogueEntry } from '../store/catalogue.js';
import { parseJson } from '../store/presence.js';

/** What is published of a key. */
const FIELDS = ['label', 'helpText', 'order', 'scope', 'readOnly', 'public', 'timeout'] as const;
/** Longer texts are cut: they are for the lines of a terminal. */
const LONGEST = { label: 200, helpText: 2_000 };
/** What is longer is not one of these. */
const LONGEST_ENTRY = 16_384;

/** Milliseconds after which an entry that is right is written again, so that those of keys that are no more grow old. */
const CONFIRMED = DAY;
/** Milliseconds after which an entry that nobody has confirmed is dropped; and where there is no room for others. */
const FORGOTTEN = 30 * DAY;
const REPLACED = 2 * CONFIRMED;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The entry of a key.
 * @param stored what is there; fields that this version does not know are carried through
 * @returns `undefined` when what is there is right
 */
export function entryOf(
  key: MaintenanceKey,
  stored: CatalogueEntry | undefined,
): Pick<CatalogueEntry, 'name' | 'text'> | undefined {
  const before = fieldsOf(stored?.text);
  const fields = { ...before, ...publishedFields(key) };
  const isRight =
    stored !== undefined &&
    stored.age < CONFIRMED &&
    FIELDS.every((field) => before?.[field] === fields[field]);
  return isRight ? undefined : { name: key.name, text: JSON.stringify(fields) };
}

/**
 * The entries to drop, of keys that no running application has.
 * @param others entries of keys that this application does not have
 * @param excess for how many keys there is no room
 */
export const droppedOf = (others: readonly CatalogueEntry[], excess: number): readonly string[] =>
  others
    .toSorted((a, b) => b.age - a.age)
    .filter(({ age }, index) => age > FORGOTTEN || (index < excess && age > REPLACED))
    .map(({ name }) => name);

/** The key that an entry is about; `undefined` for what no application of any version can have published. */
export function keyOf({ name, text }: CatalogueEntry): MaintenanceKey | undefined {
  const fields = fieldsOf(text);
  if (!fields) {
    return undefined;
  }
  // one by one: a newer version may mean more by one of them
  const given = FIELDS.filter((field) => isUsable(name, field, fields[field]));
  try {
    return new MaintenanceKey(name, Object.fromEntries(given.map((field) => [field, fields[field]])));
  } catch {
    return undefined;
  }
}

function publishedFields(key: MaintenanceKey): Record<(typeof FIELDS)[number], unknown> {
  const { label, helpText, order, scope, readOnly, public: isPublic, timeout } = key;
  return {
    label: label.slice(0, LONGEST.label),
    helpText: helpText.slice(0, LONGEST.helpText),
    order,
    scope,
    readOnly,
    public: isPublic,
    timeout,
  };
}

function fieldsOf(text: string | undefined): Fields | undefined {
  const value = text === undefined || text.length > LONGEST_ENTRY ? undefined : parseJson(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function isUsable(name: string, field: keyof MaintenanceKeyOptions, value: unknown): boolean {
  if (value === undefined) {
    return false;
  }
  try {
    return new MaintenanceKey(name, { [field]: value })[field] === value;
  } catch {
    return false;
  }
}
