import { randomFillSync } from 'node:crypto';

/** Drawn ahead, for many texts at once: asking the generator for a few bytes takes longer than everything else. */
const pool = Buffer.alloc(2_048);
let used = pool.length;

/**
 * Unguessable random bits, URL-safe.
 * @param bytes at most 256; 6 bits are a character
 */
export function randomText(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.toString('base64url', used, (used += bytes));
}
