import {
  ASKED,
  CONNECTION,
  extract,
  NAME,
  PATIENCE,
  SHELLS,
  type ArgumentWord,
  type Kind,
  type OptionWord,
  type Script,
} from './words.js';

/** In single quotes. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** Where brackets and colons have a meaning. */
const escape = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

const ACTIONS: Readonly<Record<Exclude<Kind, 'wrapped'>, string>> = {
  key: '_nestjs_maintenance_names status name',
  window: '_nestjs_maintenance_names windows id',
  replica: '_nestjs_maintenance_names replicas id',
  file: '_files',
  shell: `(${SHELLS.join(' ')})`,
  command: '_nestjs_maintenance_commands',
  // not a message, which would keep zsh from completing what else may stand there
  other: '( )',
};

function optionSpecs({ flags, description, value }: OptionWord): string[] {
  const said = `[${escape(description)}]`;
  const takes = value === undefined ? '' : `:value:${ACTIONS[value]}`;
  // either of them once; --header as often as there are headers
  const once = flags.includes('--header') ? '*' : flags.length > 1 ? `(${flags.join(' ')})` : '';
  return flags.map((flag) => quote(`${once}${flag}${said}${takes}`));
}

const argumentSpecs = (list: readonly ArgumentWord[]): string[] =>
  list.flatMap(({ name, kind, variadic }, at) =>
    kind === 'wrapped' ? [] : [quote(`${variadic ? '*' : at + 1}:${name}:${ACTIONS[kind]}`)],
  );

/** For zsh with compinit: as a file in \`fpath\`, or read in. */
export const zsh: Script = ({ commands, common }) => {
  const described = commands.map(({ name, description }) => `    ${quote(`${name}:${escape(description)}`)}`);
  const cases = commands.map(({ name, options, arguments: list }) => {
    const specs = [...options.flatMap(optionSpecs), ...argumentSpecs(list)];
    return `        ${name})\n          _arguments -S $common \\\n${specs.map((spec) => `            ${spec}`).join(' \\\n')}\n          ;;`;
  });
  const asked = [...new Set(Object.values(ASKED).map(([, field]) => field))].join(' or ');
  return `#compdef ${NAME}
# The last two arguments are the command to ask and the field to take from its JSON (${asked}); the others are for compadd.
_nestjs_maintenance_names() {
  local option command="$argv[-2]" field="$argv[-1]"
  local -a found connection
  [[ $PREFIX == -* ]] && return 1
  for option in ${CONNECTION.join(' ')}; do
    if [[ -n $opt_args[$option] ]]; then
      connection+=($option "\${(Q)opt_args[$option]}")
    elif [[ -n $given[$option] ]]; then
      connection+=($option "\${(Q)given[$option]}")
    fi
  done
  found=(\${(f)"$(${NAME} $command --json ${PATIENCE} $connection </dev/null 2>/dev/null |
    ${extract('$field')})"})
  compadd "\${(@)argv[1,-3]}" -a found
}
_nestjs_maintenance_commands() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  _describe -t commands command commands
}
_nestjs_maintenance() {
  local curcontext="$curcontext" state
  local -a line common
  local -A opt_args given
  # the command after "run … --" is completed like any other command
  local at="\${words[(i)--]}"
  if ((at < CURRENT)); then
    words=("\${(@)words[at+1,-1]}")
    ((CURRENT -= at))
    _normal
    return
  fi
  common=(
${common
  .flatMap(optionSpecs)
  .map((spec) => `    ${spec}`)
  .join('\n')}
  )
  _arguments -C $common '--version[Print the version]' '1:command:_nestjs_maintenance_commands' '*:::argument:->argument' && return
  case "$state" in
    argument)
      given=("\${(@kv)opt_args}")
      # as if it were a separate command
      words=("$line[1]" "\${words[@]}")
      ((CURRENT += 1))
      case "$line[1]" in
${cases.join('\n')}
      esac
      ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _nestjs_maintenance "$@"
else
  compdef _nestjs_maintenance ${NAME}
fi`;
};
