import type { CliCommand } from '../cli.js';
import { ACKNOWLEDGE, collect } from '../option-values.js';

export const extendCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'extend [key] [end...]',
        'Extend the maintenance of a key; the message stays',
        [
          ['half an hour longer', 'extend billing 30m'],
          ['until a given time', 'extend billing until 14:30'],
        ],
        async () => (await import('./extend.js')).extend,
      )
      .option(
        '--for <time>',
        'how much longer, counted from the announced end if there is one, otherwise from now',
      )
      .option('--until <moment>', 'when it ends: 14:30, or ISO 8601 such as 2027-03-28T14:30+02:00')
      .option(
        '-m, --message <text>',
        'new message for visitors; also one per language: --message de=Text',
        collect,
      )
      .option('--reason <text>', 'reason, for operators only')
      .option('--actor <name>', 'who makes the change; default: user@host (with --url: the signed-in user)')
      .option(...ACKNOWLEDGE)
      .option('--dry-run', 'only show what it would do');
  },
};
