import { hash, timingSafeEqual } from 'node:crypto';
import { randomText } from '../../common/random-text.js';
import { decodeRecord } from '../../document/codec.js';
import type { News } from '../store.js';

/** Hexadecimal digits of a signature. */
const SIGNATURE_LENGTH = 40;

/**
 * Reads what arrives on the channel. Anybody who may publish can send anything there, even from another database: a record is
 * trusted only if it is signed with the secret that is kept in the store beside the state. Anything unsigned, or not signed with
 * the secret known here, is still a reason to look.
 */
export class RedisPushes {
  private secret: string | null = null;
  private doubted = false;

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

  /** @returns what was written, if it is certain that the store said so */
  read(message: string): News | undefined {
    const signature = message.slice(1, 1 + SIGNATURE_LENGTH);
    const text = message.slice(1 + SIGNATURE_LENGTH);
    if (this.secret === null || text === '') {
      return undefined;
    }
    if (!isEqual(signature, sha1(this.secret + sha1(this.secret + text)))) {
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

const sha1 = (text: string): string => hash('sha1', text);

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
