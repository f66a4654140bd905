import type { CliCommand } from '../cli.js';

export const extendCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'extend [key] [end...]',
        'Let a maintenance that is on last longer; what visitors read stays',
        [
          ['half an hour longer', 'extend billing 30m'],
          ['until a moment', 'extend billing until 14:30'],
        ],
        async () => (await import('./extend.js')).extend,
      )
      .option('--for <time>', 'how much longer: from the end that was announced, else from now')
      .option('--until <moment>', '14:30, or ISO 8601 such as 2027-03-28T14:30+02:00')
      .option('-m, --message <text>', 'what visitors read from now on')
      .option('--reason <text>', 'for operators only')
      .option('--actor <name>', 'who does it; default: user@host (by --url: whoever is signed in)')
      .option('--acknowledge <time>', 'wait until every replica has applied it; exit code 7 when one has not')
      .option('--dry-run', 'only say what it would do');
  },
};
