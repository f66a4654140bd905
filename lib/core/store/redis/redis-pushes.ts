import { hash, timingSafeEqual } from 'node:crypto';
import { randomText } from '../../common/random-text.js';
import { RecentNames } from '../../common/recent-names.js';
import { MINUTE } from '../../keys/durations.js';
import { decodeRecord } from '../../document/codec.js';
import type { News } from '../store.js';

/** Hexadecimal digits of a signature. */
const SIGNATURE_LENGTH = 40;
/** How a message begins that says that somebody cannot read all that is stored. */
const DOUBT = 'u';
/** Milliseconds for which such messages are remembered. */
const REMEMBERED = 10 * MINUTE;

/**
 * Reads what arrives on the channel. Anybody who may publish can send anything there, even from another database: a record is
 * trusted only if it is signed with the secret that is kept in the store beside the state. Anything unsigned, or not signed with
 * the secret known here, is still a reason to look.
 */
export class RedisPushes {
  private secret: string | null = null;
  private doubted = false;
  private readonly doubts = new RecentNames(REMEMBERED);

  /** Whether to request the secret: it was never read, or may no longer be the one that pushes are signed with. */
  get needsSecret(): boolean {
    return this.secret === null || this.doubted;
  }

  /** A secret for a store that has none. Created each time, so that a removed one does not come back. */
  static newSecret(): string {
    return randomText(32);
  }

  learn(secret: string | null): void {
    this.secret = secret;
    this.doubted = false;
  }

  /** The message that something that is stored cannot be read here; `undefined` as long as nobody would believe it. */
  doubt(): string | undefined {
    const text = randomText(16);
    return this.secret === null ? undefined : DOUBT + sign(this.secret, DOUBT + text) + text;
  }

  /** Whether this is such a message, which counts once: those who can only listen and publish must not repeat it. */
  isDoubt(message: string): boolean {
    const [signature, text] = parts(message);
    return (
      message.startsWith(DOUBT) &&
      this.secret !== null &&
      isEqual(signature, sign(this.secret, DOUBT + text)) &&
      !this.doubts.see(text)
    );
  }

  /** @returns what was written, if it is certain that the store said so */
  read(message: string): News | undefined {
    const [signature, text] = parts(message);
    if (this.secret === null || text === '') {
      return undefined;
    }
    if (!isEqual(signature, sign(this.secret, text))) {
      this.doubted = true;
      return undefined;
    }
    const [, before = '', version = '', name = '', record = ''] =
      /^([^\n]*)\n([^\n]*)\n([^\n]*)\n([^]*)$/.exec(text) ?? [];
    try {
      return { name, record: decodeRecord(record), version, before };
    } catch {
      return undefined;
    }
  }
}

/** Signature and text of a message, whose first character says what it is. */
const parts = (message: string): [string, string] => [
  message.slice(1, 1 + SIGNATURE_LENGTH),
  message.slice(1 + SIGNATURE_LENGTH),
];

/** As in scripts/parts/secret.lua. */
const sign = (secret: string, text: string): string => sha1(secret + sha1(secret + text));

const sha1 = (text: string): string => hash('sha1', text);

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
