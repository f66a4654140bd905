import type { CliCommand } from '../cli.js';

export const forgetCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'forget <replica>',
        'Declare a silent replica gone, so that drains stop waiting for it',
        [['its machine is lost, but its connection looks open', 'forget Zr1q0Vb3xK2w --yes']],
        async () => (await import('./forget.js')).forget,
      )
      .option('--dry-run', 'only show what it would do');
  },
};
