import type { CliCommand } from '../cli.js';
import { collect } from '../option-values.js';

export const scheduleCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'schedule <key> [start] [end...]',
        'Plan a maintenance window, or change a planned one',
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
      .option('--zone <name>', 'time zone for times without an offset; default: the zone of this machine')
      .option(
        '--repeat <cron>',
        'cron expression of five fields, or six with seconds first: "30 2 * * SUN"; "never" ends the repetition',
      )
      .option('--repeat-until <moment>', 'no occurrence starts after this')
      .option('--count <number>', 'maximum number of occurrences')
      .option('--read-only <time>', 'refuse only writes for this time after the start')
      .option('--reopen-over <time>', 'let visitors back in gradually over this time after the end')
      .option(
        '--announce <time>',
        'how long before the start to announce it to visitors, or "never"; default: 1h',
      )
      .option('--announcement <text>', 'text of the announcement; also one per language', collect)
      .option(
        '-m, --message <text>',
        'message for visitors during the window; also one per language: --message de=Text',
        collect,
      )
      .option('--reason <text>', 'reason, for operators only')
      .option('--actor <name>', 'who plans it; default: user@host (with --url: the signed-in user)')
      .option('--change <window>', 'change this window; what is not given stays as it is')
      .option('--if-revision <number>', 'with --change: only if the window is still at this revision')
      .option('--dry-run', 'only show what it would do');
  },
};
