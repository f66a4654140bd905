import { usage } from '../exit.js';

/**
 * A user or password of a URL.
 * @param option where it was given, for the error
 * @throws CliError
 */
export function decode(text: string, option: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw usage(
      `${option}: the user or password contains a "%" that is not an escape; accepted: "%25" for "%".`,
    );
  }
}
