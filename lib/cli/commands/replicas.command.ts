import type { CliCommand } from '../cli.js';

export const replicasCommand: CliCommand = {
  define(cli) {
    cli.add(
      'replicas',
      'The replicas of the application: what each has applied and is running',
      [['all of them', 'replicas']],
      async () => (await import('./replicas.js')).replicas,
    );
  },
};
