import type { CliCommand } from '../cli.js';

export const quietCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'quiet [key]',
        'Show whether calls that a key refuses are still running, and where; exit code 7 if so',
        [
          ['now', 'quiet billing'],
          ['wait until none is running', 'quiet billing --wait 1m && pg_dump …'],
        ],
        async () => (await import('./quiet.js')).quiet,
      )
      .option('--wait <time>', 'how long to wait until none is running');
  },
};
