import type { Work } from '../cli.js';
import { EXIT, usage } from '../exit.js';
import { PROGRESS_VARIABLE, sendProgress } from '../run/progress-socket.js';
import { parseProgressValue } from '../run/progress-text.js';
import { parseDuration } from '../time.js';

interface ProgressOptions {
  readonly step?: string;
  readonly remaining?: string;
  readonly public?: boolean;
}

export const progress: Work<ProgressOptions> = async ({ options, out, env }, given = '') => {
  const value = parseProgressValue(given);
  const { step, remaining } = options;
  const note = {
    value,
    options: {
      ...(step !== undefined && { step }),
      ...(remaining !== undefined && { remaining: parseDuration(remaining, '--remaining') }),
      ...(options.public && { public: true }),
    },
  };
  const path = env[PROGRESS_VARIABLE];
  if (!path) {
    throw usage(`progress works only in a command that "run" has started: ${PROGRESS_VARIABLE} is not set.`);
  }
  await sendProgress(path, note);
  out.result({ ok: true }, () => undefined);
  return EXIT.done;
};
