import type { CliCommand } from '../cli.js';

export const watchCommand: CliCommand = {
  define(cli) {
    cli.add(
      'watch [keys...]',
      'Keys and replicas, live: a line for each change as it comes, until Ctrl-C',
      [
        ['everything', 'watch'],
        ['for programs: one JSON object a line', 'watch --json'],
      ],
      async () => (await import('./watch.js')).watch,
    );
  },
};
