import type { Command } from 'commander';
import type { Work } from '../cli.js';
import { EXIT, usage } from '../exit.js';

const NAME = 'nestjs-maintenance';
/** Names of keys, where the application can be reached; nothing where it cannot. */
const KEYS = `${NAME} status --json 2>/dev/null | grep -o '"name": *"[^"]*"' | cut -d'"' -f4`;

interface Word {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
  readonly takesKey: boolean;
}

/** Prints a script for a shell, made from the commands that there are. */
export const completion =
  (program: Command): Work<object> =>
  ({ out }, shell = '') => {
    const scripts: Readonly<Record<string, (words: readonly Word[]) => string>> = { bash, zsh, fish };
    const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
    if (!script) {
      throw usage(
        `completion: ${JSON.stringify(shell)} is not known; accepted: ${Object.keys(scripts).join(', ')}.`,
      );
    }
    out.line(script(wordsOf(program)));
    return Promise.resolve(EXIT.done);
  };

function wordsOf(program: Command): Word[] {
  const common = optionsOf(program);
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...optionsOf(command), ...common],
    takesKey: command.registeredArguments.some((argument) => /^keys?$/.test(argument.name())),
  }));
}

const optionsOf = (command: Command): Word['options'] =>
  command.options.flatMap(({ long, description }) => (long ? [{ flag: long, description }] : []));

function bash(words: readonly Word[]): string {
  const cases = words.map(
    ({ name, options, takesKey }) =>
      `    ${name}) words="${options.map(({ flag }) => flag).join(' ')}"; keys=${takesKey ? 1 : 0} ;;`,
  );
  return `# bash completion of ${NAME}
_nestjs_maintenance() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="" words="" keys=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ "\${COMP_WORDS[i]}" == "--" ]] && return
    [[ -z "$command" && "\${COMP_WORDS[i]}" != -* ]] && command="\${COMP_WORDS[i]}"
  done
  case "$command" in
    "") words="${words.map(({ name }) => name).join(' ')}" ;;
${cases.join('\n')}
  esac
  if [[ $keys == 1 && "$current" != -* ]]; then
    words="$(${KEYS})"
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _nestjs_maintenance ${NAME}`;
}

function zsh(words: readonly Word[]): string {
  const quote = (text: string): string => text.replace(/'/g, `'\\''`).replace(/[[\]:]/g, '\\$&');
  const commands = words.map(({ name, description }) => `    '${name}:${quote(description)}'`);
  const cases = words.map(({ name, options, takesKey }) => {
    const flags = options.map(({ flag, description }) => `'${flag}[${quote(description)}]'`);
    return `    ${name}) _arguments ${[...flags, ...(takesKey ? [`'*:key:_nestjs_maintenance_keys'`] : [])].join(' ')} ;;`;
  });
  return `#compdef ${NAME}
_nestjs_maintenance_keys() {
  local -a keys
  keys=(\${(f)"$(${KEYS})"})
  compadd -a keys
}
_nestjs_maintenance() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "_nestjs_maintenance" ]; then
  _nestjs_maintenance "$@"
else
  compdef _nestjs_maintenance ${NAME}
fi`;
}

function fish(words: readonly Word[]): string {
  const quote = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, `\\'`)}'`;
  const lines = words.flatMap(({ name, description, options, takesKey }) => [
    `complete -c ${NAME} -n __fish_use_subcommand -f -a ${name} -d ${quote(description)}`,
    ...(takesKey
      ? [
          `complete -c ${NAME} -n "__fish_seen_subcommand_from ${name}" -f -a "(${KEYS.replace(/"/g, '\\"')})"`,
        ]
      : []),
    ...options.map(
      (option) =>
        `complete -c ${NAME} -n "__fish_seen_subcommand_from ${name}" -l ${option.flag.slice(2)} -d ${quote(option.description)}`,
    ),
  ]);
  return [`# fish completion of ${NAME}`, ...lines].join('\n');
}
