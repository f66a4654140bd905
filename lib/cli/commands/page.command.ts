import type { CliCommand } from '../cli.js';

export const pageCommand: CliCommand = {
  define(cli) {
    cli
      .add(
        'page [file]',
        'Write the maintenance page as a file, for a proxy to serve while the application itself is gone',
        [
          ['once', 'page /var/www/maintenance.html --message "We are moving house"'],
          [
            'as long as a key is on: written when it begins, removed when it ends',
            'page /var/www/maintenance.html --watch',
          ],
          ['the Content-Security-Policy that it needs', 'page --csp'],
        ],
        async () => (await import('./page.js')).page,
      )
      .option('--key <name>', 'with --redis or --url: message and end of this key; default: general')
      .option('-m, --message <text>', 'what visitors read')
      .option('--until <moment>', 'when it is expected to end')
      .option('--refresh <time>', 'after how long it loads anew; default: 1m')
      .option('--watch', 'keep the file as the key is: there while it is on, gone while it is not')
      .option('--csp', 'print the policy instead of the page');
  },
};
