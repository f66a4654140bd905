import type { CliCommand } from '../cli.js';

export const historyCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'history [key]',
        'What was done to keys: when, by whom, by which way and why; the newest first',
        [
          ['the last entries', 'history'],
          ['what happened to billing since yesterday', 'history billing --since 1d'],
        ],
        async () => (await import('./history.js')).history,
      )
      .option('--since <time>', 'only what is not older: 2h, 1d, or ISO 8601')
      .option('--limit <number>', 'at most so many entries; default: 20');
  },
};
