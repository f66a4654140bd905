import { Command } from 'commander';
import { Cli, CONNECTION_OPTIONS, type CliCommand } from './cli.js';
import { cancelCommand } from './commands/cancel.command.js';
import { completionCommand } from './commands/completion.command.js';
import { doctorCommand } from './commands/doctor.command.js';
import { extendCommand } from './commands/extend.command.js';
import { forgetCommand } from './commands/forget.command.js';
import { historyCommand } from './commands/history.command.js';
import { offCommand } from './commands/off.command.js';
import { onCommand } from './commands/on.command.js';
import { pageCommand } from './commands/page.command.js';
import { progressCommand } from './commands/progress.command.js';
import { quietCommand } from './commands/quiet.command.js';
import { replicasCommand } from './commands/replicas.command.js';
import { runCommand } from './commands/run.command.js';
import { scheduleCommand } from './commands/schedule.command.js';
import { statusCommand } from './commands/status.command.js';
import { watchCommand } from './commands/watch.command.js';
import { windowsCommand } from './commands/windows.command.js';
import { LIBRARY_VERSION } from '../core/version.generated.js';
import type { Surroundings } from './surroundings.js';

/** In the order of `--help`. */
const COMMANDS: readonly CliCommand[] = [
  statusCommand,
  onCommand,
  offCommand,
  extendCommand,
  runCommand,
  progressCommand,
  quietCommand,
  scheduleCommand,
  windowsCommand,
  cancelCommand,
  watchCommand,
  historyCommand,
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
  # run a migration once all replicas are drained
  $ nestjs-maintenance run billing --drain 10s -- npx prisma migrate deploy
  # see what is in maintenance
  $ nestjs-maintenance status

Exit codes: 0 done, 1 refused or failed, 2 usage error, 3 in maintenance (status
--exit-code), 4 outcome unknown, 5 locked or changed by somebody else,
6 unknown key or window, 7 not acknowledged by all replicas, or not drained.`;

/** The command line with all of its commands. */
export function createCli(guardian: URL, around: Surroundings): Cli {
  const program = new Command('nestjs-maintenance')
    .description('Maintenance mode of a Nest application, through its Redis or its admin API')
    .version(LIBRARY_VERSION)
    .showHelpAfterError('(see --help)')
    .configureHelp({ showGlobalOptions: true, helpWidth: 80, subcommandTerm: termOf })
    .addHelpText('after', HELP)
    .configureOutput({
      writeOut: (text) => void around.stdout.write(text),
      writeErr: (text) => void around.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();
  CONNECTION_OPTIONS.forEach((option) => program.addOption(option));
  const cli = new Cli(program, guardian, around);
  COMMANDS.forEach((command) => command.define(cli));
  return cli;
}

/** A command with its arguments, as the list of commands has it. */
function termOf(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(' ');
}
