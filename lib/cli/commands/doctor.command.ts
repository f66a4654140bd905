import type { CliCommand } from '../cli.js';

export const doctorCommand: CliCommand = {
  define(cli) {
    cli.add(
      'doctor',
      'Look for what is wrong: replicas, holders, versions, clocks, rights, Redis; exit code 1 when something is',
      [['before the first maintenance, and when one does not go as it should', 'doctor']],
      async () => (await import('./doctor.js')).doctor,
    );
  },
};
