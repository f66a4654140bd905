import type { CliCommand } from '../cli.js';

export const statusCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'status [keys...]',
        'What is in maintenance, since when, until when, by whom',
        [
          ['all keys', 'status'],
          ['in a script: 3 when billing is in maintenance, 0 when it is not', 'status billing --exit-code'],
        ],
        async () => (await import('./status.js')).status,
      )
      .option('--exit-code', 'end with 3 when one of them is in maintenance');
  },
};
