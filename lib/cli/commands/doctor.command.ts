import type { CliCommand } from '../cli.js';

export const doctorCommand: CliCommand = {
  define(cli) {
    cli.add(
      'doctor',
      'Find problems: replicas, holders, versions, clocks, permissions, Redis; exit code 1 if there are any',
      [['before the first maintenance, or when something fails', 'doctor']],
      async () => (await import('./doctor.js')).doctor,
    );
  },
};
