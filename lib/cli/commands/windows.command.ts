import type { CliCommand } from '../cli.js';

export const windowsCommand: CliCommand = {
  define(cli) {
    cli.add(
      'windows [key]',
      'List planned windows, current and upcoming',
      [
        ['all', 'windows'],
        ['the windows of one key', 'windows billing'],
      ],
      async () => (await import('./windows.js')).windows,
    );
  },
};
