import { usage } from './exit.js';

/** Collects the values of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/**
 * The value of an option, read where it was given.
 * @param what the option, for the error
 */
export const given = <T>(
  text: string | undefined,
  read: (text: string, what: string) => T,
  what: string,
): T | undefined => (text === undefined ? undefined : read(text, what));

export function parseWhole(text: string, what: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw usage(`${what}: ${JSON.stringify(text)} is not a positive whole number.`);
  }
  return Number(text);
}

/** An option of the commands that change a key: flags and help. */
export const ACKNOWLEDGE = [
  '--acknowledge <time>',
  'with --redis: wait until every replica has applied it; exit code 7 if not all have',
] as const;
