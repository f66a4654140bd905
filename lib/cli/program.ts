import { Command } from 'commander';
import { Cli, CONNECTION_OPTIONS, type CliCommand } from './cli.js';
import { completionCommand } from './commands/completion.command.js';
import { doctorCommand } from './commands/doctor.command.js';
import { extendCommand } from './commands/extend.command.js';
import { forgetCommand } from './commands/forget.command.js';
import { offCommand } from './commands/off.command.js';
import { onCommand } from './commands/on.command.js';
import { pageCommand } from './commands/page.command.js';
import { quietCommand } from './commands/quiet.command.js';
import { replicasCommand } from './commands/replicas.command.js';
import { runCommand } from './commands/run.command.js';
import { statusCommand } from './commands/status.command.js';
import { watchCommand } from './commands/watch.command.js';

/** In the order of `--help`. */
const COMMANDS: readonly CliCommand[] = [
  statusCommand,
  onCommand,
  offCommand,
  extendCommand,
  runCommand,
  quietCommand,
  watchCommand,
  replicasCommand,
  forgetCommand,
  doctorCommand,
  pageCommand,
  completionCommand,
];

const HELP = `
Examples:
  # close billing for half an hour
  $ nestjs-maintenance on billing 30m --message "Back soon"
  # run a migration when it is quiet everywhere
  $ nestjs-maintenance run billing --drain 10s -- npx prisma migrate deploy
  # what is going on
  $ nestjs-maintenance status

Exit codes: 0 done, 1 refused or failed, 2 usage, 3 in maintenance (status --exit-code), 4 outcome unknown,
5 locked or changed by somebody else, 6 unknown key, 7 not all acknowledged or not drained.`;

/** The command line with all of its commands. */
export function createCli(version: string, guardian: URL): Cli {
  const program = new Command('nestjs-maintenance')
    .description('Maintenance of a Nest application, by its Redis or by its admin API')
    .version(version)
    .showHelpAfterError('(--help says how)')
    .configureHelp({ showGlobalOptions: true, helpWidth: 100 })
    .addHelpText('after', HELP)
    .exitOverride();
  CONNECTION_OPTIONS.forEach((option) => program.addOption(option));
  const cli = new Cli(program, guardian);
  COMMANDS.forEach((command) => command.define(cli));
  return cli;
}
