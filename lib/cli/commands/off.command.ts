import type { CliCommand } from '../cli.js';
import { ACKNOWLEDGE } from '../option-values.js';

export const offCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'off [key]',
        'Take a key out of maintenance; one that a job still holds stays on until the job is done',
        [
          ['open billing', 'off billing'],
          ['open it although a job holds it, or died while holding it', 'off billing --force --yes'],
        ],
        async () => (await import('./off.js')).off,
      )
      .option('--force', 'also end every hold: work of maintain() and of "run" is asked to stop')
      .option('--reopen-over <time>', 'visitors come back spread over so long')
      .option('--reason <text>', 'for operators only')
      .option('--actor <name>', 'who makes the change; default: user@host (by --url: the signed-in user)')
      .option(...ACKNOWLEDGE)
      .option('--no-hooks', 'by --redis: call no hooks of the application')
      .option('--dry-run', 'only show what it would do');
  },
};
