import type { CliCommand } from '../cli.js';

export const pageCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'page [file]',
        'Write the maintenance page to a file, for a proxy to serve while the application is down',
        [
          ['once', 'page /var/www/maintenance.html --message "We are moving house"'],
          [
            'only while a key is on: written when that begins, removed when it ends',
            'page /var/www/maintenance.html --watch',
          ],
          ['print its Content-Security-Policy', 'page --csp'],
        ],
        async () => (await import('./page.js')).page,
      )
      .option('--key <name>', 'with --redis or --url: show message and end of this key; default: general')
      .option('-m, --message <text>', 'message for visitors')
      .option('--until <moment>', 'expected end')
      .option('--refresh <time>', 'how often it reloads; default: 1m')
      .option('--watch', 'keep the file only while the key is on')
      .option('--csp', 'print the policy instead of the page');
  },
};
