import type { CliCommand } from '../cli.js';

export const watchCommand: CliCommand = {
  define(cli) {
    cli.add(
      'watch [keys...]',
      'Keys and replicas, live: a line for each change, until Ctrl-C',
      [
        ['everything', 'watch'],
        ['for programs: one JSON object per line', 'watch --json'],
      ],
      async () => (await import('./watch.js')).watch,
    );
  },
};
