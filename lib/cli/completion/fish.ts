import {
  ASKED,
  CONNECTION,
  extract,
  NAME,
  PATIENCE,
  SHELLS,
  valuedFlags,
  type Kind,
  type OptionWord,
  type Script,
} from './words.js';

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", `\\'`)}'`;

const nameOf = (kind: keyof typeof ASKED): string => `(__nestjs_maintenance_names ${ASKED[kind].join(' ')})`;

/** For fish from version 3.0 on. */
export const fish: Script = (words) => {
  const { commands, common } = words;
  const offers: Readonly<Record<Exclude<Kind, 'wrapped'>, string>> = {
    key: `-f -a ${quote(nameOf('key'))}`,
    window: `-f -a ${quote(nameOf('window'))}`,
    replica: `-f -a ${quote(nameOf('replica'))}`,
    file: '-F',
    shell: `-f -a ${quote(SHELLS.join(' '))}`,
    command: `-f -a ${quote(commands.map(({ name }) => name).join(' '))}`,
    other: '-f',
  };
  const line = (condition: string, rest: string): string =>
    `complete -c ${NAME} -n ${quote(condition)} ${rest}`;
  const optionLine = (condition: string, { flags, description, value }: OptionWord): string => {
    const [long = '', short] = flags;
    const takes = value === undefined ? '' : ` -r ${offers[value]}`;
    const both = `-l ${long.slice(2)}${short ? ` -s ${short.slice(1)}` : ''}`;
    return line(condition, `${both}${takes} -d ${quote(description)}`);
  };
  const lines = commands.map(({ name, description, options, arguments: list }) => {
    const own = line('__nestjs_maintenance_at', `-f -a ${name} -d ${quote(description)}`);
    const places = list.flatMap(({ kind, variadic }, at) =>
      kind === 'wrapped' || kind === 'other'
        ? []
        : [line(`__nestjs_maintenance_at ${name}${variadic ? '' : ` ${at}`}`, offers[kind])],
    );
    const taken = options.map((option) => optionLine(`__nestjs_maintenance_at ${name}`, option));
    return [own, ...places, ...taken].join('\n');
  });
  return `# fish completion for ${NAME}
# Prints the words that are not options; "--" stands for the command that "run" starts.
function __nestjs_maintenance_words
    set -l valued ${valuedFlags(words).join(' ')}
    set -l tokens (commandline -opc)
    set -e tokens[1]
    set -l skipped 0
    for word in $tokens
        if test $skipped = 1
            set skipped 0
        else if test "$word" = --
            printf '%s\\n' --
            return
        else if contains -- "$word" $valued
            set skipped 1
        else if not string match -q -- '-*' "$word"
            printf '%s\\n' $word
        end
    end
end
# Whether this is the command, with this many arguments; without arguments: whether there is no command yet.
function __nestjs_maintenance_at
    set -l words (__nestjs_maintenance_words)
    if contains -- -- $words
        return 1
    end
    if test (count $argv) = 0
        test (count $words) = 0
        return
    end
    test "$words[1]" = "$argv[1]"
    and begin
        test (count $argv) = 1
        or test (count $words) = (math $argv[2] + 1)
    end
end
function __nestjs_maintenance_is_wrapped
    contains -- -- (__nestjs_maintenance_words)
end
function __nestjs_maintenance_wrapped
    set -l tokens (commandline -opc) (commandline -ct)
    set -l at (contains -i -- -- $tokens)
    set -l wrapped $tokens[(math $at + 1)..-1]
    complete -C "$wrapped"
end
function __nestjs_maintenance_names
    set -l where ${CONNECTION.join(' ')}
    set -l connection
    set -l option
    for word in (commandline -opc)
        if test -n "$option"
            set connection $connection $option $word
            set option
        else if contains -- "$word" $where
            set option $word
        else if contains -- (string replace -r '=.*' '' -- "$word") $where
            set connection $connection $word
        end
    end
    ${NAME} $argv[1] --json ${PATIENCE} $connection </dev/null 2>/dev/null | ${extract('$argv[2]')}
end
complete -c ${NAME} -f
complete -c ${NAME} -n __nestjs_maintenance_is_wrapped -f -a '(__nestjs_maintenance_wrapped)'
complete -c ${NAME} -n __nestjs_maintenance_at -l version -d 'Print the version'
${common.map((option) => optionLine('not __nestjs_maintenance_is_wrapped', option)).join('\n')}
${lines.join('\n')}`;
};
