import type { CliCommand } from '../cli.js';
import { collect } from '../option-values.js';

export const runCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'run <key> [command...]',
        'Run a command while a key is in maintenance, once it is quiet everywhere; exit with its exit code',
        [
          ['a migration', 'run billing --drain 10s -- npx prisma migrate deploy'],
          ['wait for another run that is in progress', 'run billing --wait 10m -- npm run migrate'],
          ['leave the site closed if it fails', 'run general --keep-on-failure -- ./migrate.sh'],
        ],
        async () => (await import('./run.js')).run,
      )
      .option(
        '--drain <time>',
        'how long to wait until nothing that the key refuses is running, or "none"; default: 10s',
      )
      .option('--wait <time>', 'how long to wait for the lock if somebody else has it; default: not at all')
      .option(
        '--lease <time>',
        'how long the lock outlives its last renewal, at least 6s; the command is ended before; default: 30s',
      )
      .option('--for <time>', "end the command after that, and open the key; default: the key's own timeout")
      .option('--expected <time>', 'how long it is expected to take: its progress is estimated')
      .option('--public', 'visitors see the progress that the command reports')
      .option(
        '-m, --message <text>',
        'message for visitors; also one per language: --message de=Text',
        collect,
      )
      .option('--reason <text>', 'for operators only; default: the command, passwords hidden')
      .option('--actor <name>', 'who makes the change; default: user@host')
      .option('--keep-on-failure', 'leave the key on if the command fails')
      .option('--dry-run', 'only show what it would do')
      .addHelpText(
        'after',
        '\nThe command gets MAINTENANCE_KEY and MAINTENANCE_FENCE, a number that only\n' +
          'grows. It says how far it is with "nestjs-maintenance progress 40 --step x", or\n' +
          'with a line such as "40 orders" to the descriptor MAINTENANCE_PROGRESS_FD.\n' +
          'Exit codes: its own, or 120 plus ours if it was never started, or if run has\n' +
          'ended it: 121 refused or failed, 122 usage, 124 outcome unknown, 125 locked,\n' +
          '126 unknown key, 127 not drained.',
      );
  },
};
