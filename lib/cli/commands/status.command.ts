import type { CliCommand } from '../cli.js';

export const statusCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'status [keys...]',
        'What is in maintenance, since when, until when, by whom',
        [
          ['all keys', 'status'],
          [
            'in a script: exits with 3 if billing is in maintenance, 0 if it is not',
            'status billing --exit-code',
          ],
        ],
        async () => (await import('./status.js')).status,
      )
      .option('--exit-code', 'exit with 3 if one of them is in maintenance');
  },
};
