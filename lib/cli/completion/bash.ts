import {
  ASKED,
  CONNECTION,
  extract,
  NAME,
  PATIENCE,
  SHELLS,
  valuedFlags,
  type Kind,
  type Script,
} from './words.js';

/** For bash from version 3.2 on, with or without the package bash-completion. */
export const bash: Script = (words) => {
  const { commands, common } = words;
  const flagsOf = (options: typeof common): string => options.flatMap(({ flags }) => flags).join(' ');
  const names = commands.map(({ name }) => name).join(' ');
  const options = commands.map(({ name, options: own }) => `    ${name}) words="${flagsOf(own)}" ;;`);
  const places = commands.flatMap(({ name, arguments: list }) =>
    list.map(({ kind, variadic }, at) => `    ${name}:${variadic ? '*' : at}) kind=${kind} ;;`),
  );
  const valued = [...common, ...commands.flatMap((command) => command.options)].flatMap(({ flags, value }) =>
    value !== undefined && value !== 'other' ? [`    ${flags.join('|')}) kind=${value} ;;`] : [],
  );
  const asked = Object.entries(ASKED).map(
    ([kind, [command, field]]) => `    ${kind}) words="$(_nestjs_maintenance_names ${command} ${field})" ;;`,
  );
  const kinds: Partial<Record<Kind, string>> = { shell: SHELLS.join(' '), command: names };
  const lists = Object.entries(kinds).map(([kind, list]) => `    ${kind}) words="${list}" ;;`);
  return `# bash completion for ${NAME}
_nestjs_maintenance_names() {
  ${NAME} "$1" --json ${PATIENCE} \${connection[@]+"\${connection[@]}"} </dev/null 2>/dev/null |
    ${extract('$2')}
}
_nestjs_maintenance() {
  local valued=" ${valuedFlags(words).join(' ')} " where=" ${CONNECTION.join(' ')} "
  local word="" current="" option="" command="" kind="" words="" glued="" i at=0
  local -a line=() connection=()
  COMPREPLY=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == -- && $i -lt $COMP_CWORD ]]; then
      _nestjs_maintenance_wrapped $((i + 1))
      return
    fi
    # bash splits words at colons, equals signs and at signs
    if [[ $word == [:=@]* || -n $glued ]] && ((\${#line[@]} > 0)); then
      line[\${#line[@]}-1]+="$word"
    else
      line+=("$word")
    fi
    glued=""
    [[ $word == [:=@]* ]] && glued=1
  done
  for ((i = 0; i < \${#line[@]} - 1; i++)); do
    word="\${line[i]}"
    if [[ -n $option ]]; then
      # without the quotes around it
      word="\${word#[\\"\\']}"
      [[ $where == *" $option "* ]] && connection+=("$option" "\${word%[\\"\\']}")
      option=""
    elif [[ $valued == *" $word "* ]]; then
      option="$word"
    elif [[ $word == --*=* ]]; then
      [[ $where == *" \${word%%=*} "* ]] && connection+=("$word")
    elif [[ $word != -* && -z $command ]]; then
      command="$word"
    elif [[ $word != -* ]]; then
      ((at++))
    fi
  done
  current="\${line[i]}"
  if [[ $current == --*=* ]]; then
    option="\${current%%=*}"
    current="\${current#*=}"
  fi
  if [[ -n $option ]]; then
    case "$option" in
${valued.join('\n')}
    esac
  elif [[ $current == -* ]]; then
    case "$command" in
${options.join('\n')}
    esac
    words+=" ${flagsOf(common)}"
    [[ -z $command ]] && words+=" --version"
  elif [[ -z $command ]]; then
    words="${names}"
  else
    case "$command:$at" in
${places.join('\n')}
    esac
  fi
  case "$kind" in
${asked.join('\n')}
${lists.join('\n')}
    file) compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
  [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}
# the command after "run … --" is completed like any other command
_nestjs_maintenance_wrapped() {
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)); then
    COMPREPLY=($(compgen -c -- "\${COMP_WORDS[COMP_CWORD]}"))
  else
    compopt -o default 2>/dev/null
  fi
}
complete -F _nestjs_maintenance ${NAME}`;
};
