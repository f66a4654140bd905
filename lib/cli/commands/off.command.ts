import type { CliCommand } from '../cli.js';
import { ACKNOWLEDGE } from '../option-values.js';

export const offCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'off [key]',
        'Take a key out of maintenance; it stays on while a job still holds it',
        [
          ['open billing', 'off billing'],
          ['open it even if a job holds it, or died while holding it', 'off billing --force --yes'],
        ],
        async () => (await import('./off.js')).off,
      )
      .option('--force', 'also end every hold, and ask the work of maintain() and "run" to stop')
      .option('--reopen-over <time>', 'let visitors back in gradually over this time')
      .option('--reason <text>', 'reason, for operators only')
      .option('--actor <name>', 'who makes the change; default: user@host (with --url: the signed-in user)')
      .option(...ACKNOWLEDGE)
      .option('--no-hooks', 'with --redis: do not call hooks of the application')
      .option('--dry-run', 'only show what it would do');
  },
};
