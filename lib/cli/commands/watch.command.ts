import type { CliCommand } from '../cli.js';

export const watchCommand: CliCommand = {
  define(cli) {
    cli.add(
      'watch [keys...]',
      'Watch keys and replicas: one line per change, until Ctrl-C',
      [
        ['everything', 'watch'],
        ['for programs: one JSON object per line', 'watch --json'],
      ],
      async () => (await import('./watch.js')).watch,
    );
  },
};
