import type { CliCommand } from '../cli.js';

export const windowsCommand: CliCommand = {
  define(cli) {
    cli.add(
      'windows [key]',
      'Planned windows that are on or to come',
      [
        ['all', 'windows'],
        ['those of one key', 'windows billing'],
      ],
      async () => (await import('./windows.js')).windows,
    );
  },
};
