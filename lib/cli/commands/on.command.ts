import type { CliCommand } from '../cli.js';
import { ACKNOWLEDGE, collect } from '../option-values.js';

export const onCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'on [key] [end...]',
        'Put a key into maintenance, or change the end, message or reason of one that is',
        [
          ['close billing for half an hour', 'on billing 30m --message "Back soon"'],
          ['close the whole site until half past two', 'on general until 14:30 --yes'],
          ['close, and wait until nothing is running any more', 'on billing --for 1h --drain 30s'],
          ['what would it do', 'on billing --dry-run'],
        ],
        async () => (await import('./on.js')).on,
      )
      .option(
        '--for <time>',
        'how long: 30s, 10m, 2h, 1h30m, 1d, PT30M, or "ever"; default: the key\'s own timeout',
      )
      .option('--until <moment>', '14:30, or ISO 8601 such as 2027-03-28T14:30+02:00')
      .option(
        '-m, --message <text>',
        'message for visitors; also one per language: --message de=Text',
        collect,
      )
      .option('--reason <text>', 'for operators only')
      .option('--actor <name>', 'who makes the change; default: user@host (by --url: the signed-in user)')
      .option(...ACKNOWLEDGE)
      .option(
        '--drain <time>',
        'wait until nothing that it refuses is running any more; exit code 7 if something is',
      )
      .option('--no-hooks', 'by --redis: call no hooks of the application')
      .option('--dry-run', 'only show what it would do');
  },
};
