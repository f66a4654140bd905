import { hash } from 'node:crypto';
import { randomText } from '../common/random-text.js';
import { toStoredJson } from '../texts/stored-text.js';
import type { Reopening } from '../windows/reopening.js';
import { readWindow } from '../windows/window-record.js';
import { id, instant, integer, isAbsent, object, text } from './fields.js';
import { readNotice, readWords } from './read-notice.js';
import type { ChangeRecord, HoldRecord, KeyRecord } from './record.js';

/** Format of stored records; a record of another format is never read as this one. */
const FORMAT = 1;
/** A longer record is not written. */
export const MAX_RECORD_BYTES = 256 * 1024;
/** All records together are not made longer. */
export const MAX_BYTES = 32 * 1024 * 1024;
/** By how much a change that opens a key may exceed these: however full the store is, no key stays closed for that. */
export const MORE_TO_OPEN = { record: 128 * 1024, all: 8 * 1024 * 1024 };
/** A longer record is not read: it is not ours, and not worth transferring. */
export const MAX_READ_BYTES = 4 * MAX_RECORD_BYTES;

/** Written by a newer version of this library; not damage, and never to be overwritten. */
export class NewerFormatError extends Error {
  override name = 'NewerFormatError';

  constructor(readonly format: number) {
    super(
      `its format is version ${format}, this library reads version ${FORMAT}: a nestjs-maintenance that knows version ${format} is needed`,
    );
  }
}

/** How every stored record begins, whatever its format; see scripts/parts/records.lua. */
const HEADER = /^(\d+) ([\w-]+) (\d+) (\d+)\n/;

/** 128 random bits, URL-safe, 22 characters. */
export function randomId(): string {
  const id = randomText(16);
  // an argument that begins with a dash is an option on a command line
  return id.startsWith('-') ? randomId() : id;
}

/** Id of a new history: sent with every heartbeat, so no longer than it takes to tell a few from one another. */
export const newHistory = (): string => randomId().slice(0, 11);

/** What a store adds to a record that is written: the number of its change and its time, by the clock of the store. */
export type Stamp = Pick<ChangeRecord, 'revision' | 'at'>;

/** What a writer gives the store to keep, except for the {@link Stamp} and the write id. */
export function encodeBody(record: KeyRecord): string {
  const told = { ...record, write: undefined };
  const change = { ...record.change, revision: undefined, at: undefined };
  return toStoredJson({ ...told, change });
}

/** A record as it is stored. */
export const stampBody = (body: string, write: string, { revision, at }: Stamp): string =>
  `${FORMAT} ${write} ${revision} ${at}\n${body}`;

/** A record with the number and time that a store gave it. */
export const restamp = (record: KeyRecord, { revision, at }: Stamp): KeyRecord => ({
  ...record,
  change: { ...record.change, revision, at },
});

/**
 * Reads a stored record.
 * @throws Error that says what is wrong with it: truncated, foreign, of another format, of another shape
 */
export function decodeRecord(stored: unknown): KeyRecord {
  if (typeof stored !== 'string' || stored === '') {
    throw new Error(
      stored === '' ? 'it is empty' : `it is ${stored === null ? 'null' : typeof stored}, not text`,
    );
  }
  if (Buffer.byteLength(stored) > MAX_READ_BYTES) {
    throw new Error(`it is longer than ${MAX_READ_BYTES} bytes`);
  }
  const [header, format, write = '', revision, at] = HEADER.exec(stored) ?? [];
  if (header === undefined) {
    throw new Error('it does not start like a record');
  }
  if (format !== String(FORMAT)) {
    throw Number(format) > FORMAT
      ? new NewerFormatError(Number(format))
      : new Error(`its format is version ${format}, this library reads version ${FORMAT}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(stored.slice(header.length));
  } catch {
    throw new Error('it is not JSON');
  }
  return keyRecord(object(value, 'content'), write, {
    revision: integer(Number(revision), 'revision'),
    at: instant(Number(at), 'time'),
  });
}

/** Identifies a stored value as the store's scripts do: by write id, or by a digest if it is none of ours. */
export function markOf(stored: string): string {
  const [, format, write = ''] = HEADER.exec(stored) ?? [];
  if (format === String(FORMAT)) {
    return write;
  }
  return format === undefined ? `~${hash('sha1', stored)}` : `${format}:${write}`;
}

// Each record keeps the fields that this version does not know, so that they are written again. What was just parsed belongs to
// nobody else and is completed in place: to copy it would take longer than to parse it.

type Raw = Record<string, unknown>;

function keyRecord(raw: Raw, write: string, stamp: Stamp): KeyRecord {
  raw.switch = isAbsent(raw.switch) ? null : readNotice(raw.switch);
  raw.holds = list(raw.holds, 'holds').map(hold);
  raw.change = change(raw.change, stamp);
  check(raw.fence, integer, 'highest fence');
  check(raw.noted, instant, 'noted moment');
  readIfAny(raw, 'windows', (windows) => list(windows, 'windows').map(readWindow));
  readIfAny(raw, 'reopening', reopening);
  readIfAny(raw, 'reopenOver', (over) => integer(over, 'reopening to come'));
  raw.write = write;
  raw.past = list(raw.past, 'past writes').map((other) => id(other, 'past'));
  return raw as unknown as KeyRecord;
}

/** @throws Error if it is there, but is none */
function check(value: unknown, read: (value: unknown, what: string) => unknown, what: string): void {
  if (value !== undefined) {
    read(value, what);
  }
}

function readIfAny(raw: Raw, name: string, read: (value: unknown) => unknown): void {
  if (!isAbsent(raw[name])) {
    raw[name] = read(raw[name]);
  } else if (name in raw) {
    delete raw[name];
  }
}

function list(value: unknown, what: string): unknown[] {
  if (!isAbsent(value) && !Array.isArray(value)) {
    throw new Error(`the ${what} of a key are not a list`);
  }
  return value ?? [];
}

function reopening(value: unknown): Reopening {
  const raw = object(value, 'reopening');
  instant(raw.from, 'begin of a reopening');
  instant(raw.until, 'end of a reopening');
  return raw as unknown as Reopening;
}

function hold(value: unknown): HoldRecord {
  const raw = readNotice(object(value, 'hold')) as unknown as Raw;
  id(raw.id, 'hold id');
  id(raw.owner, 'hold owner');
  raw.host = text(raw.host);
  raw.pid = isAbsent(raw.pid) ? null : integer(raw.pid, 'process');
  integer(raw.fence, 'fence');
  raw.locked = raw.locked === true;
  raw.draining = raw.draining === true;
  check(raw.lease, integer, 'lease');
  check(raw.expected, integer, 'expected length');
  if (raw.forOthers !== undefined) {
    raw.forOthers = raw.forOthers === true;
  }
  return raw as unknown as HoldRecord;
}

function change(value: unknown, { revision, at }: Stamp): ChangeRecord {
  const raw = readWords(object(value, 'change'));
  // another version may know more of them
  raw.cause = id(raw.cause, 'cause');
  raw.from = raw.from === true;
  raw.to = raw.to === true;
  raw.revision = revision;
  raw.at = at;
  raw.hooks = raw.hooks !== false;
  if (raw.delegated !== undefined) {
    raw.delegated = raw.delegated === true;
  }
  check(raw.shown ?? undefined, integer, 'last visible change');
  return raw as unknown as ChangeRecord;
}
