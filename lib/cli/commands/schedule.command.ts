import type { CliCommand } from '../cli.js';
import { collect } from '../option-values.js';

export const scheduleCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'schedule <key> [start] [end...]',
        'Plan a maintenance window, or change one that is planned',
        [
          ['tonight at ten, for two hours', 'schedule billing 22:00 2h --message "We are moving house"'],
          [
            'in the local time of Berlin',
            'schedule billing 2027-03-28T02:30 until 04:30 --zone Europe/Berlin',
          ],
          [
            'every Sunday, announced a day before',
            'schedule billing 02:30 1h --repeat "30 2 * * SUN" --announce 1d',
          ],
          ['an hour longer than planned', 'schedule billing --change Jx0… --for 3h'],
        ],
        async () => (await import('./schedule.js')).schedule,
      )
      .option('--for <time>', 'how long: 30m, 2h, 1h30m, PT2H')
      .option('--until <moment>', 'when it ends: 04:30, or ISO 8601')
      .option('--zone <name>', 'time zone of times without an offset; default: that of this machine')
      .option(
        '--repeat <cron>',
        'five fields, or six with seconds first: "30 2 * * SUN"; "never": not any more',
      )
      .option('--repeat-until <moment>', 'no occurrence begins after that')
      .option('--count <number>', 'at most so many occurrences')
      .option('--read-only <time>', 'for so long after the start only writes are refused')
      .option('--reopen-over <time>', 'visitors come back spread over so long after the end')
      .option('--announce <time>', 'how long before it is announced to visitors, or "never"; default: 1h')
      .option('--announcement <text>', 'text of the announcement; also one per language', collect)
      .option(
        '-m, --message <text>',
        'message for visitors during the window; also one per language: --message de=Text',
        collect,
      )
      .option('--reason <text>', 'for operators only')
      .option('--actor <name>', 'who plans it; default: user@host (by --url: the signed-in user)')
      .option('--change <window>', 'change this window: what is not given stays as it is')
      .option('--if-revision <number>', 'with --change: only if the window is still at this revision')
      .option('--dry-run', 'only show what it would do');
  },
};
