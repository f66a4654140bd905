import type { CliCommand } from '../cli.js';

export const quietCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'quiet [key]',
        'Whether anything that a key refuses is still running, and where; exit code 7 if something is',
        [
          ['now', 'quiet billing'],
          ['wait for it', 'quiet billing --wait 1m && pg_dump …'],
        ],
        async () => (await import('./quiet.js')).quiet,
      )
      .option('--wait <time>', 'how long to wait until it is quiet');
  },
};
