import type { CliCommand } from '../cli.js';

export const replicasCommand: CliCommand = {
  define(cli) {
    cli.add(
      'replicas',
      'The processes of the application: what each has applied, what it is doing',
      [['all of them', 'replicas']],
      async () => (await import('./replicas.js')).replicas,
    );
  },
};
