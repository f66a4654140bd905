import { randomBytes } from 'node:crypto';
import { MaintenanceStoreError } from '../errors/errors.js';
import { readText, splitTexts, withoutTexts } from '../texts/stored-text.js';
import type { Reopening } from '../windows/reopening.js';
import { readWindow } from '../windows/window-record.js';
import { id, instant, integer, isAbsent, object, text } from './fields.js';
import type {
  ChangeRecord,
  HoldRecord,
  KeyRecord,
  MaintenanceCause,
  Notice,
  StateDocument,
} from './record.js';

/** Format of the stored document; a document of another version is never read as this one. */
const VERSION = 1;
/** What was written by a version of this library that knows more; not damage, and never to be written over. */
export class NewerFormatError extends Error {
  override name = 'NewerFormatError';

  constructor(readonly format: number) {
    super(
      `it is of version ${format}, this library reads ${VERSION}: a nestjs-maintenance that knows version ${format} is needed`,
    );
  }
}

/** How every stored document begins, whatever its format: what scripts/parts/stored.lua tells documents apart by. */
const HEADER = /^\{"v":(\d+),"w":"([\w-]+)"/;
/** A longer document is not written. */
export const MAX_BYTES = 4 * 1024 * 1024;
/** What is longer is not read: it is not ours, and not worth moving. */
export const MAX_READ_BYTES = 4 * MAX_BYTES;

/** 128 random bits, URL-safe, 22 characters. */
export const randomId = (): string => randomBytes(16).toString('base64url');

/** Text for the store: begins with the write id, so that two documents can be told apart by their first bytes. */
export function encode(document: StateDocument): string {
  const stored = {
    v: VERSION,
    w: document.write,
    history: document.history,
    revision: document.revision,
    keys: [...document.keys],
    ...document.more,
  };
  return JSON.stringify(stored, splitTexts);
}

/**
 * A document that is too long may only get shorter.
 * @param before what it takes the place of
 * @throws MaintenanceStoreError
 */
export function checkSize(document: StateDocument, before: StateDocument | null): void {
  const size = Buffer.byteLength(encode(document));
  if (size > MAX_BYTES && (!before || size > Buffer.byteLength(encode(before)))) {
    throw new MaintenanceStoreError(
      `The maintenance state would be ${size} bytes long; the limit is ${MAX_BYTES} bytes. Nothing was written. ` +
        'Shorten messages and reasons, or unset keys.',
      'refused',
    );
  }
}

/** The version of a document as the store's scripts compute it: its write id and its length. */
export function versionOf(text: string): string {
  const [, format, write = ''] = HEADER.exec(text) ?? [];
  return `${format === String(VERSION) ? '' : `${format}:`}${write}#${Buffer.byteLength(text)}`;
}

/**
 * Reads a stored document.
 * @throws Error that says what is wrong with it: truncated, foreign, of another version, of another shape
 */
export function decode(text: unknown): StateDocument {
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
  const raw = object(value, 'document');
  const { v, w, history, revision, keys, ...more } = raw;
  if (Number.isSafeInteger(v) && (v as number) > VERSION) {
    throw new NewerFormatError(v as number);
  }
  if (v !== VERSION) {
    throw new Error(`it is of version ${JSON.stringify(v)?.slice(0, 20)}, this library reads ${VERSION}`);
  }
  if (!Array.isArray(keys)) {
    throw new Error('its keys are not a list');
  }
  return {
    write: id(w, 'write id'),
    history: id(history, 'history'),
    revision: integer(revision, 'revision'),
    keys: new Map(keys.map(keyEntry)),
    ...(Object.keys(more).length > 0 && { more }),
  };
}

// Each record keeps the fields that this version does not know, so that they are written again.

function keyEntry(value: unknown): [string, KeyRecord] {
  if (!Array.isArray(value) || typeof value[0] !== 'string') {
    throw new Error('a key has no name');
  }
  const raw = object(value[1], 'key');
  const holds = list(raw.holds, 'holds');
  return [
    value[0],
    {
      ...raw,
      switch: isAbsent(raw.switch) ? null : notice(raw.switch),
      holds: holds.map(hold),
      change: change(raw.change),
      ...(raw.fence !== undefined && { fence: integer(raw.fence, 'highest fence') }),
      ...(raw.noted !== undefined && { noted: instant(raw.noted, 'noted moment') }),
      ...(!isAbsent(raw.windows) && { windows: list(raw.windows, 'windows').map(readWindow) }),
      ...(!isAbsent(raw.reopening) && { reopening: reopening(raw.reopening) }),
      ...(!isAbsent(raw.reopenOver) && { reopenOver: integer(raw.reopenOver, 'reopening to come') }),
    },
  ];
}

function list(value: unknown, what: string): unknown[] {
  if (!isAbsent(value) && !Array.isArray(value)) {
    throw new Error(`the ${what} of a key are not a list`);
  }
  return value ?? [];
}

function reopening(value: unknown): Reopening {
  const raw = object(value, 'reopening');
  return {
    ...raw,
    from: instant(raw.from, 'begin of a reopening'),
    until: instant(raw.until, 'end of a reopening'),
  };
}

function notice(value: unknown): Notice {
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

function hold(value: unknown): HoldRecord {
  const raw = object(value, 'hold');
  return {
    ...notice(raw),
    id: id(raw.id, 'hold id'),
    owner: id(raw.owner, 'hold owner'),
    host: text(raw.host ?? null),
    pid: raw.pid === undefined || raw.pid === null ? null : integer(raw.pid, 'process'),
    fence: integer(raw.fence, 'fence'),
    locked: raw.locked === true,
    draining: raw.draining === true,
    ...(raw.lease !== undefined && { lease: integer(raw.lease, 'lease') }),
    ...(raw.expected !== undefined && { expected: integer(raw.expected, 'expected length') }),
  };
}

function change(value: unknown): ChangeRecord {
  const raw = object(value, 'change');
  return {
    ...withoutTexts(raw),
    // another version may know more of them
    cause: id(raw.cause, 'cause') as MaintenanceCause,
    from: raw.from === true,
    to: raw.to === true,
    message: readText(raw, 'message'),
    reason: text(raw.reason),
    actor: text(raw.actor),
    revision: integer(raw.revision, 'revision of a change'),
    at: instant(raw.at, 'time of a change'),
    hooks: raw.hooks !== false,
    ...(raw.delegated !== undefined && { delegated: raw.delegated === true }),
  };
}
