import type { CliCommand } from '../cli.js';

export const onCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'on [key] [end...]',
        'Put a key into maintenance, or change what is said of one that is',
        [
          ['close billing for half an hour', 'on billing 30m --message "Back soon"'],
          ['close the whole site until half past two', 'on general until 14:30 --yes'],
          ['close, and wait until nothing runs any more', 'on billing --for 1h --drain 30s'],
          ['what would it do', 'on billing --dry-run'],
        ],
        async () => (await import('./on.js')).on,
      )
      .option(
        '--for <time>',
        'how long: 30s, 10m, 2h, 1h30m, 1d, PT30M, or "ever"; default: the key\'s own timeout',
      )
      .option('--until <moment>', '14:30, or ISO 8601 such as 2027-03-28T14:30+02:00')
      .option('-m, --message <text>', 'what visitors read')
      .option('--reason <text>', 'for operators only')
      .option('--actor <name>', 'who does it; default: user@host (by --url: whoever is signed in)')
      .option('--acknowledge <time>', 'wait until every replica has applied it; exit code 7 when one has not')
      .option(
        '--drain <time>',
        'wait until nothing runs any more that it refuses; exit code 7 when something does',
      )
      .option('--no-hooks', 'call no hooks of the application')
      .option('--dry-run', 'only say what it would do');
  },
};
