import type { CliCommand } from '../cli.js';

export const completionCommand: CliCommand = {
  define(cli) {
    cli.add(
      'completion <shell>',
      'Print a completion script for bash, zsh or fish',
      [
        ['bash', 'completion bash > ~/.local/share/bash-completion/completions/nestjs-maintenance'],
        ['zsh', 'completion zsh > "${fpath[1]}/_nestjs-maintenance"'],
        ['fish', 'completion fish > ~/.config/fish/completions/nestjs-maintenance.fish'],
      ],
      async () => {
        const { completion } = await import('./completion.js');
        return completion(cli.program);
      },
    );
  },
};
