import { hostname, userInfo } from 'node:os';
import { Argument, Command, Option } from 'commander';
import type { Backend } from './backend/backend.js';
import { usage } from './exit.js';
import { collect } from './option-values.js';
import { Output, plain } from './output.js';
import { readSettings, type ConnectionOptions, type Settings } from './settings.js';
import type { Surroundings } from './surroundings.js';

/** Options that every command has. */
export interface CommonOptions extends ConnectionOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** What a command works with. */
export interface Context<Options> {
  readonly options: Options & CommonOptions;
  readonly out: Output;
  readonly settings: Settings;
  readonly guardian: URL;
  readonly env: NodeJS.ProcessEnv;
  /** Aborts when the command is interrupted. */
  interrupted(): AbortSignal;
  /** Connects; connections are closed when the command ends. */
  open(): Promise<Backend>;
  /**
   * Asks on a terminal.
   * @param always even if nobody can be asked: then it needs `--yes`
   * @throws CliError if the answer is no
   */
  confirm(question: string, always?: boolean): Promise<void>;
}

/** A command's work: returns the exit code. */
export type Work<Options> = (context: Context<Options>, ...args: string[]) => Promise<number>;

/** A command, in a file of its own each. */
export interface CliCommand {
  /** Adds itself to the command line. */
  define(cli: Cli): void;
}

/** The command line: its commands, what they share, and the exit code. */
export class Cli {
  exitCode = 0;
  /** The command that was called, even if its options are wrong. */
  called: string | undefined;

  constructor(
    readonly program: Command,
    /** The file of the process that guards the command of `run`. */
    private readonly guardian: URL,
    private readonly around: Surroundings,
  ) {}

  /**
   * Adds a command.
   * @param synopsis name and arguments, as commander reads them
   * @param examples what is shown by `--help`: what it does, and the command line
   * @param work is loaded when the command is called
   */
  add<Options>(
    synopsis: string,
    description: string,
    examples: readonly (readonly [does: string, line: string])[],
    work: () => Promise<Work<Options>>,
  ): Command {
    const [name = '', ...words] = synopsis.split(' ');
    const command = new Command(name).description(description);
    words.forEach((word) => command.addArgument(new Argument(word)));
    const lines = examples.map(([does, line]) => `  # ${does}\n  $ nestjs-maintenance ${line}`);
    command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
    command.copyInheritedSettings(this.program);
    command.exitOverride((error) => {
      this.called = name;
      throw error;
    });
    command.action(async (...given: unknown[]) => {
      this.called = name;
      const args = given.slice(0, -2) as (string | string[])[];
      this.exitCode = await this.run(command.optsWithGlobals<Options & CommonOptions>(), await work(), args);
    });
    this.program.addCommand(command);
    return command;
  }

  private async run<Options>(
    options: Options & CommonOptions,
    work: Work<Options>,
    args: readonly (string | string[] | undefined)[],
  ): Promise<number> {
    const { around, guardian } = this;
    const out = Output.of(options.json === true, around);
    const settings = readSettings(options, around.env, around.folder);
    const opened: Backend[] = [];
    const open = async (): Promise<Backend> => {
      const { openBackend } = await import('./backend/open-backend.js');
      const backend = await openBackend(settings, (message) => out.warn(message));
      opened.push(backend);
      return backend;
    };
    const confirm = (question: string, always = false): Promise<void> =>
      ask(question, always, options, out, around);
    try {
      return await work(
        {
          options,
          out,
          settings,
          guardian,
          env: around.env,
          open,
          confirm,
          interrupted: () => around.interrupted(),
        },
        ...(args as string[]),
      );
    } finally {
      await Promise.all(opened.map((backend) => backend.close()));
    }
  }
}

/** How every command connects. */
export const CONNECTION_OPTIONS: readonly Option[] = [
  new Option(
    '--redis <url>',
    'Redis of the application: redis://, rediss://, unix://, redis+sentinel://, redis+cluster:// (MAINTENANCE_REDIS_URL)',
  ),
  new Option('--url <url>', 'or its admin API, such as https://shop.example/maintenance (MAINTENANCE_URL)'),
  new Option(
    '--header <header>',
    'header for the admin API, such as "Authorization: Bearer …"; repeatable (MAINTENANCE_HEADER)',
  ).argParser(collect),
  new Option(
    '--namespace <name>',
    'namespace of the application; default: maintenance (MAINTENANCE_NAMESPACE)',
  ),
  new Option('--ca <file>', 'file with the CA certificate of a rediss:// server (MAINTENANCE_CA)'),
  new Option(
    '--command-timeout <time>',
    'time limit for each call; default: 3s with --redis, 10s with --url',
  ),
  new Option('--json', 'print JSON, for programs'),
  new Option('-y, --yes', 'do not ask for confirmation'),
];

async function ask(
  question: string,
  always: boolean,
  { yes }: CommonOptions,
  out: Output,
  { stdin, stderr }: Surroundings,
): Promise<void> {
  if (yes) {
    return;
  }
  if (out.json || !stdin.isTTY || !stderr.isTTY) {
    if (always) {
      const why = out.json ? 'There are no questions with --json' : 'This is not a terminal';
      throw usage(`${question} ${why}; pass --yes to confirm. Nothing was changed.`);
    }
    return;
  }
  const { createInterface } = await import('node:readline/promises');
  const prompt = createInterface({ input: stdin, output: stderr as NodeJS.WritableStream });
  // Ctrl-C and Ctrl-D are a no, too; the cursor still stands behind the question
  const answer = await prompt.question(`${plain(question)} [y/N] `).catch(() => out.note(''));
  prompt.close();
  if (!answer || !/^y(es)?$/i.test(answer.trim())) {
    out.note('Nothing was changed.');
    throw new Declined();
  }
}

/** The question was answered with no. */
export class Declined extends Error {}

/** Who makes a change, for the application's history: a claim, not a proof. */
export function defaultActor(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return hostname();
  }
}
