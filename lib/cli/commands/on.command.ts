import type { CliCommand } from '../cli.js';
import { ACKNOWLEDGE, collect } from '../option-values.js';

export const onCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'on [key] [end...]',
        'Put a key into maintenance, or change its end, message or reason',
        [
          ['close billing for half an hour', 'on billing 30m --message "Back soon"'],
          ['close the whole site until half past two', 'on general until 14:30 --yes'],
          ['close it, and wait until running requests are done', 'on billing --for 1h --drain 30s'],
          ['see what it would do', 'on billing --dry-run'],
        ],
        async () => (await import('./on.js')).on,
      )
      .option(
        '--for <time>',
        'how long: 30s, 10m, 2h, 1h30m, 1d, PT30M, or "ever"; default: the key\'s own timeout',
      )
      .option('--until <moment>', 'when it ends: 14:30, or ISO 8601 such as 2027-03-28T14:30+02:00')
      .option(
        '-m, --message <text>',
        'message for visitors; also one per language: --message de=Text',
        collect,
      )
      .option('--reason <text>', 'reason, for operators only')
      .option('--actor <name>', 'who makes the change; default: user@host (with --url: the signed-in user)')
      .option(...ACKNOWLEDGE)
      .option(
        '--drain <time>',
        'how long to wait until running calls that it refuses are done; exit code 7 if not all are',
      )
      .option('--no-hooks', 'with --redis: do not call hooks of the application')
      .option('--dry-run', 'only show what it would do');
  },
};
