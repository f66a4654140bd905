import type { CliCommand } from '../cli.js';

export const cancelCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'cancel <window>',
        'Cancel a planned window or one of its occurrences; a window that is on ends now',
        [
          ['the whole window', 'cancel Jx0… --reason "Postponed"'],
          ['one Sunday only', 'cancel Jx0… --occurrence 2027-04-04T02:30+02:00'],
        ],
        async () => (await import('./cancel.js')).cancel,
      )
      .option('--occurrence <start>', 'only the occurrence with this start')
      .option('--if-revision <number>', 'only if the window is still at this revision')
      .option('--reason <text>', 'reason, for operators only')
      .option('--actor <name>', 'who cancels it; default: user@host (with --url: the signed-in user)')
      .option('--dry-run', 'only show what it would do');
  },
};
