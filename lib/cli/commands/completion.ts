import type { Command } from 'commander';
import type { Work } from '../cli.js';
import { bash } from '../completion/bash.js';
import { fish } from '../completion/fish.js';
import { wordsOf, type Script } from '../completion/words.js';
import { zsh } from '../completion/zsh.js';
import { EXIT, usage } from '../exit.js';

/** Prints a completion script, generated from the commands. */
export const completion =
  (program: Command): Work<object> =>
  ({ out }, shell = '') => {
    const scripts: Readonly<Record<string, Script>> = { bash, zsh, fish };
    const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
    if (!script) {
      throw usage(
        `completion: ${JSON.stringify(shell)} is not a supported shell; accepted: ${Object.keys(scripts).join(', ')}.`,
      );
    }
    const text = script(wordsOf(program));
    out.result({ shell, script: text }, () => out.line(text));
    return Promise.resolve(EXIT.done);
  };
