import type { CliCommand } from '../cli.js';

export const statusCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'status [keys...]',
        'Show what is in maintenance, since when, until when, and by whom',
        [
          ['all keys', 'status'],
          [
            'in a script: exits with 3 if billing is in maintenance, 0 if it is not',
            'status billing --exit-code',
          ],
        ],
        async () => (await import('./status.js')).status,
      )
      .option('--exit-code', 'exit with 3 if any of them is in maintenance');
  },
};
