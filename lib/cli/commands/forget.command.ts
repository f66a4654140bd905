import type { CliCommand } from '../cli.js';

export const forgetCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'forget <replica>',
        'Say of a silent replica that it is gone for good, so that nobody waits for it any longer',
        [['its machine is lost, its connection looks open', 'forget Zr1q0Vb3xK2w --yes']],
        async () => (await import('./forget.js')).forget,
      )
      .option('--dry-run', 'only say what it would do');
  },
};
