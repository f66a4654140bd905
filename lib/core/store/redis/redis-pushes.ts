import { hash, timingSafeEqual } from 'node:crypto';
import { randomText } from '../../common/random-text.js';
import { decodeRecord } from '../../document/codec.js';
import type { News } from '../store.js';

/** Hexadecimal digits of a signature. */
const SIGNATURE_LENGTH = 40;

/**
 * Reads what comes over the channel. Anybody who may publish can send anything there, also from another database: a
 * document is believed only when it is signed with the secret that lives in the store beside the state. What is not
 * signed, or not with the secret known here, still is a reason to look.
 */
export class RedisPushes {
  private secret: string | null = null;
  private doubted = false;

  /** Is the secret to be asked for: it was never learned, or may no longer be the one that pushes are signed with. */
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

  /** @returns what was written, when it is certain that the store said so */
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
