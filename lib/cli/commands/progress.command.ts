import type { CliCommand } from '../cli.js';

export const progressCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'progress <value>',
        'Report progress from inside a command that "run" has started',
        [
          ['a percentage, and the current step', 'progress 40 --step "orders"'],
          ['12 of 340', 'progress 12/340'],
        ],
        async () => (await import('./progress.js')).progress,
      )
      .option('--step <text>', 'the current step')
      .option('--remaining <time>', 'time left; default: an estimate')
      .option('--public', 'show it to visitors, too');
  },
};
