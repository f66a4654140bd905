import type { CliCommand } from '../cli.js';

export const runCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'run <key> [command...]',
        'Run a command while a key is in maintenance, once it is quiet everywhere; give back its exit code',
        [
          ['a migration', 'run billing --drain 10s -- npx prisma migrate deploy'],
          ['wait for another one that is under way', 'run billing --wait 10m -- npm run migrate'],
          ['leave the site closed when it fails', 'run general --keep-on-failure -- ./migrate.sh'],
        ],
        async () => (await import('./run.js')).run,
      )
      .option(
        '--drain <time>',
        'how long to wait until nothing runs that the key refuses, or "none"; default: 10s',
      )
      .option(
        '--wait <time>',
        'how long to wait for the lock, when somebody else has it; default: not at all',
      )
      .option(
        '--lease <time>',
        'how long the lock outlives us, at least 6s; the command is ended before; default: 30s',
      )
      .option('--for <time>', "end the command after that, and open the key; default: the key's own timeout")
      .option('-m, --message <text>', 'what visitors read')
      .option('--reason <text>', 'for operators only')
      .option('--actor <name>', 'who does it; default: user@host')
      .option('--keep-on-failure', 'leave the key on when the command fails')
      .option('--dry-run', 'only say what it would do')
      .addHelpText(
        'after',
        '\nThe command gets MAINTENANCE_KEY and MAINTENANCE_FENCE, a number that only grows. Exit codes: its own, or 120 + ours\n' +
          'when it was never started, or when we have ended it: 121 refused or failed, 122 usage, 124 outcome unknown,\n' +
          '125 locked, 126 unknown key, 127 not drained.',
      );
  },
};
