import type { CliCommand } from '../cli.js';

export const replicasCommand: CliCommand = {
  define(cli) {
    cli.add(
      'replicas',
      'List the replicas of the application, their state and the number of running calls',
      [['all of them', 'replicas']],
      async () => (await import('./replicas.js')).replicas,
    );
  },
};
