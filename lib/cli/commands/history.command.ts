import type { CliCommand } from '../cli.js';

export const historyCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'history [key]',
        'Show the changes of keys: when, by whom, how and why; newest first',
        [
          ['the latest entries', 'history'],
          ['what happened to billing since yesterday', 'history billing --since 1d'],
        ],
        async () => (await import('./history.js')).history,
      )
      .option('--since <time>', 'only entries from then on: 2h (ago), 1d, or ISO 8601')
      .option('--limit <number>', 'maximum number of entries; default: 20');
  },
};
