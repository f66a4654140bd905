import type { Argument, Command } from 'commander';

/** What a shell offers for an argument or for the value of an option. */
export type Kind = 'key' | 'window' | 'replica' | 'file' | 'shell' | 'command' | 'wrapped' | 'other';

export interface OptionWord {
  /** `--message`, and `-m` where there is one. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Of its value; absent where it has none. */
  readonly value?: Exclude<Kind, 'wrapped'>;
}

export interface ArgumentWord {
  readonly name: string;
  readonly kind: Kind;
  /** There may be more of it. */
  readonly variadic: boolean;
}

export interface CommandWord {
  readonly name: string;
  readonly description: string;
  /** Without those of every command. */
  readonly options: readonly OptionWord[];
  readonly arguments: readonly ArgumentWord[];
}

/** What can be written on the command line. */
export interface Words {
  readonly commands: readonly CommandWord[];
  /** Options of every command. */
  readonly common: readonly OptionWord[];
}

/** A script of a shell, made of it. */
export type Script = (words: Words) => string;

export const NAME = 'nestjs-maintenance';
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const ARGUMENTS: Readonly<Record<string, Kind>> = {
  key: 'key',
  keys: 'key',
  window: 'window',
  replica: 'replica',
  file: 'file',
  shell: 'shell',
};
const VALUES: Readonly<Record<string, OptionWord['value']>> = {
  '--key': 'key',
  '--change': 'window',
  '--ca': 'file',
};

/** Where names come from: the command whose `--json` lists them, and the field. */
export const ASKED = {
  key: ['status', 'name'],
  window: ['windows', 'id'],
  replica: ['replicas', 'id'],
} as const;
/** Options that say where to ask. */
export const CONNECTION = ['--redis', '--url', '--header', '--namespace', '--ca'];
/** How long a shell waits for names. */
export const PATIENCE = '--command-timeout 1s';
/**
 * Takes the names out of JSON, given the field: shells have no parser. Only what has the form of a name counts, and an id only before
 * what follows it: a message for Indonesians is called `id`, too, and bash would run the commands in it.
 */
export const extract = (field: string): string =>
  `grep -oE '"(name": *"[A-Za-z0-9][A-Za-z0-9_.-]*"|id": *"[A-Za-z0-9_-]+", *"(key|host)")' | grep "^\\"${field}\\"" | cut -d'"' -f4`;

export function wordsOf(program: Command): Words {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: optionsOf(command),
    arguments: command.registeredArguments.map((argument) => argumentOf(command, argument)),
  }));
  const name: ArgumentWord = { name: 'command', kind: 'command', variadic: false };
  const help = { name: 'help', description: 'Show help for a command', options: [], arguments: [name] };
  const common = [
    ...optionsOf(program).filter(({ flags }) => !flags.includes('--version')),
    { flags: ['--help', '-h'], description: 'Show help, with examples' },
  ];
  return { commands: [...commands, help], common };
}

function argumentOf(command: Command, argument: Argument): ArgumentWord {
  const name = argument.name();
  const kind = command.name() === 'run' && name === 'command' ? 'wrapped' : (ARGUMENTS[name] ?? 'other');
  return { name, kind, variadic: argument.variadic };
}

const optionsOf = (command: Command): OptionWord[] =>
  command.options.flatMap(({ long, short, description, required }) =>
    long
      ? [
          {
            flags: [long, ...(short ? [short] : [])],
            description,
            ...(required && { value: VALUES[long] ?? ('other' as const) }),
          },
        ]
      : [],
  );

/** All options with a value, of any command: an option takes a value in every command or in none. */
export const valuedFlags = ({ commands, common }: Words): string[] => [
  ...new Set(
    [...common, ...commands.flatMap(({ options }) => options)]
      .filter(({ value }) => value !== undefined)
      .flatMap(({ flags }) => flags),
  ),
];
