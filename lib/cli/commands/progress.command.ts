import type { CliCommand } from '../cli.js';

export const progressCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'progress <value>',
        'From inside a command under "run": say how far it is',
        [
          ['a percentage, and what it is doing', 'progress 40 --step "orders"'],
          ['so many of so many', 'progress 12/340'],
        ],
        async () => (await import('./progress.js')).progress,
      )
      .option('--step <text>', 'what it is doing')
      .option('--remaining <time>', 'how long it still takes; default: an estimate')
      .option('--public', 'visitors see it, too');
  },
};
