import type { CliCommand } from '../cli.js';
import { collect } from '../option-values.js';

export const runCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'run <key> [command...]',
        'Put a key into maintenance, run a command once all replicas are drained, and exit with its exit code',
        [
          ['a migration', 'run billing --drain 10s -- npx prisma migrate deploy'],
          ['wait for another run that is in progress', 'run billing --wait 10m -- npm run migrate'],
          ['leave the site closed if it fails', 'run general --keep-on-failure -- ./migrate.sh'],
        ],
        async () => (await import('./run.js')).run,
      )
      .option(
        '--drain <time>',
        'how long to wait until running calls that the key refuses are done, or "none"; default: 10s',
      )
      .option('--wait <time>', 'how long to wait for the lock if it is taken; default: do not wait')
      .option(
        '--lease <time>',
        'how long the lock outlives its last renewal, at least 6s; run ends the command before that; default: 30s',
      )
      .option(
        '--for <time>',
        "end the command and open the key after this time; default: the key's own timeout",
      )
      .option('--expected <time>', 'expected duration, from which progress is estimated')
      .option('--public', 'show visitors the progress that the command reports')
      .option(
        '-m, --message <text>',
        'message for visitors; also one per language: --message de=Text',
        collect,
      )
      .option('--reason <text>', 'reason, for operators only; default: the command, with passwords hidden')
      .option('--actor <name>', 'who makes the change; default: user@host')
      .option('--keep-on-failure', 'leave the key on if the command fails')
      .option('--dry-run', 'only show what it would do')
      .addHelpText(
        'after',
        '\nThe command finds the key in MAINTENANCE_KEY, and in MAINTENANCE_FENCE a number\n' +
          'that only grows. It reports progress with "nestjs-maintenance progress 40", or\n' +
          'by writing a line such as "40 orders" to the descriptor MAINTENANCE_PROGRESS_FD.\n' +
          'Exit codes: those of the command, or 120 plus ours if it was never started or\n' +
          'run ended it: 121 refused or failed, 122 usage error, 124 outcome unknown,\n' +
          '125 locked, 126 unknown key, 127 not drained.',
      );
  },
};
