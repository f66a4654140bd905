import { hash } from 'node:crypto';
import { inspect } from 'node:util';
import {
  decodeRecord,
  encodeBody,
  markOf,
  MAX_BYTES,
  MAX_READ_BYTES as MAX_READ_RECORD_BYTES,
  MAX_RECORD_BYTES,
  MORE_TO_OPEN,
  NewerFormatError,
  newHistory,
  restamp,
  stampBody,
} from '../../document/codec.js';
import { id, integer, object } from '../../document/fields.js';
import type { KeyRecord } from '../../document/record.js';
import type { HistoryNote } from '../../history/entry-record.js';
import { formatVersion, type VersionParts } from '../../document/version.js';
import type { RecordWrite, Version, Written } from '../store.js';

/** Format of the document; one of another format is never read as this one. */
const FORMAT = 1;
/** Milliseconds by which a writer's time may be behind. */
const ON_THE_WAY = 1_000;
/** A longer value is not ours. */
const MAX_READ_BYTES = 4 * MAX_BYTES;
/** The last instant that a `Date` can hold. */
const LAST_INSTANT = 8.64e15;

/** All records in one entry of a cache, since compare-and-set works on nothing smaller. */
export interface CacheDocument extends VersionParts {
  /** As in Redis: the text of each, see document/codec.ts. */
  readonly records: ReadonlyMap<string, string>;
  /** Fields that this version does not know. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export const EMPTY: CacheDocument = { history: '', revision: 0, write: '', records: new Map() };

export const encodeDocument = ({ write, history, revision, records, more }: CacheDocument): string =>
  JSON.stringify({ v: FORMAT, w: write, history, revision, records: [...records], ...more });

/** @throws Error that says what is wrong with it */
export function decodeDocument(text: unknown): CacheDocument {
  if (typeof text !== 'string' || text === '') {
    throw new Error(text === '' ? 'it is empty' : `it is ${text === null ? 'null' : typeof text}, not text`);
  }
  if (Buffer.byteLength(text) > MAX_READ_BYTES) {
    throw new Error(`it is longer than ${MAX_READ_BYTES} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  const { v, w, history, revision, records, ...more } = object(value, 'document');
  if (Number.isSafeInteger(v) && (v as number) > FORMAT) {
    throw new NewerFormatError(v as number);
  }
  if (v !== FORMAT) {
    throw new Error(
      `its format is version ${JSON.stringify(v)?.slice(0, 20)}, this library reads version ${FORMAT}`,
    );
  }
  if (!Array.isArray(records)) {
    throw new Error('its records are not a list');
  }
  return {
    write: id(w, 'write id'),
    history: id(history, 'history'),
    revision: integer(revision, 'revision'),
    records: new Map(records.map(entry)),
    ...(Object.keys(more).length > 0 && { more }),
  };
}

function entry(value: unknown): [string, string] {
  if (!Array.isArray(value) || typeof value[0] !== 'string' || typeof value[1] !== 'string') {
    throw new Error('a record has no name, or no text');
  }
  return [value[0], value[1]];
}

/**
 * What a cache holds: the document, or why it is invalid, under a version that is equal for equal values as far as can be told.
 */
export function readStored(value: unknown): { version: Version; document?: CacheDocument; error?: unknown } {
  if (value === undefined) {
    return { version: '', document: EMPTY };
  }
  try {
    const document = decodeDocument(value);
    return { version: formatVersion(document), document };
  } catch (error) {
    const text = typeof value === 'string' ? value : inspect(value);
    return { version: `?${text.length}:${text.slice(0, 64)}`, error };
  }
}

/** Entries of the history, with the number and time of the record that they are about. */
export const stampNotes = (
  notes: readonly HistoryNote[],
  outcomes: Written['outcomes'],
): readonly HistoryNote[] =>
  notes.map((note) => {
    const own = outcomes.find((outcome) => typeof outcome === 'object' && outcome.write === note.id);
    return typeof own === 'object' ? { ...note, revision: own.change.revision, at: own.change.at } : note;
  });

/** The equivalent of scripts/write.lua. The same document if nothing was written. */
export function applyWrites(
  document: CacheDocument,
  writes: readonly RecordWrite[],
  now: number,
): Pick<Written, 'outcomes'> & { document: CacheDocument } {
  let next = document;
  const outcomes = writes.map((write) => {
    const { outcome, after } = applyWrite(next, write, now);
    next = after;
    return outcome;
  });
  return { document: next, outcomes };
}

function applyWrite(
  document: CacheDocument,
  { name, expected, record, kept }: RecordWrite,
  now: number,
): { outcome: Written['outcomes'][number]; after: CacheDocument } {
  const present = document.records.get(name);
  const mark = present === undefined ? '' : markOf(present);
  if (mark !== expected) {
    return { outcome: 'conflict', after: document };
  }
  const { history, revision, write } = nextVersion(
    document,
    kept ? putBackId(document, record) : record.write,
  );
  // the writer's own time, from which it computed ends, unless that is far off
  const wished = Math.min(Math.max(record.change.at, now - ON_THE_WAY), now);
  const stamp = kept
    ? record.change
    : { revision, at: Math.max(wished, Math.min(timeOf(present), LAST_INSTANT)) };
  const text = stampBody(encodeBody(record), record.write, stamp);
  const [size, before] = [Buffer.byteLength(text), Buffer.byteLength(present ?? '')];
  if (size > before && !fits(record, kept, size, bytesOf(document) + size - before)) {
    return { outcome: 'full', after: document };
  }
  const records = new Map(document.records).set(name, text);
  return { outcome: restamp(record, stamp), after: { ...document, history, revision, write, records } };
}

/** Whether there is room for a record that gets longer. What is put back was stored before. */
function fits({ change }: KeyRecord, kept: boolean, size: number, all: number): boolean {
  if (kept) {
    return size <= MAX_READ_RECORD_BYTES;
  }
  const more = change.to ? { record: 0, all: 0 } : MORE_TO_OPEN;
  return size <= MAX_RECORD_BYTES + more.record && all <= MAX_BYTES + more.all;
}

/**
 * The id of the version at which a record is put back. It keeps its write id, and may have had the same number before, after other
 * writes: this says what comes before it.
 */
const putBackId = (before: VersionParts, { write }: KeyRecord): string =>
  hash('sha1', formatVersion(before) + write).slice(0, 22);

/** The mark of the next version. A history ends with the numbers: a higher revision could not be read again. */
const nextVersion = ({ history, revision }: VersionParts, write: string): VersionParts =>
  history !== '' && revision < Number.MAX_SAFE_INTEGER
    ? { history, revision: revision + 1, write }
    : { history: newHistory(), revision: 1, write };

function timeOf(text: string | undefined): number {
  try {
    return text === undefined ? 0 : decodeRecord(text).change.at;
  } catch {
    return 0;
  }
}

const bytesOf = ({ records }: CacheDocument): number =>
  [...records.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
