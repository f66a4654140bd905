import type { Work } from '../cli.js';
import { CliError, EXIT, usage } from '../exit.js';
import { given } from '../option-values.js';
import { parseText } from '../texts.js';
import { formatMoment, isEnd, parseDuration, parseEnd } from '../time.js';
import { printMissing, type ChangeOptions } from './on.js';
import {
  actorOf,
  asQuestion,
  checkWay,
  describeKey,
  noteVetoes,
  printDryRun,
  whatIsConcerned,
} from './shared.js';

export const extend: Work<ChangeOptions> = async (
  { options, out, open, confirm },
  first = 'general',
  ...rest
) => {
  const words = rest.flat();
  // the key may be left out: "extend 30m"
  const [key, said] = isEnd([first, ...words]) ? ['general', [first, ...words]] : [first, words];
  const end = parseEnd(said, options);
  if (end.timeout === undefined && end.until === undefined) {
    throw usage('No end given; use: extend billing 30m, or extend billing until 14:30.');
  }
  const acknowledge = given(options.acknowledge, parseDuration, '--acknowledge');
  const backend = await open();
  checkWay(backend, options);
  const concerned = await whatIsConcerned(backend, key);
  if (!concerned.key.value) {
    throw new CliError(EXIT.failed, `Key "${key}" is not in maintenance; nothing was changed.`, 'CLI_NOT_ON');
  }
  if (end.timeout && concerned.key.until === null && (concerned.key.holder || concerned.key.abandoned)) {
    throw new CliError(
      EXIT.failed,
      `A job also holds key "${key}", so it is not known which end to extend; nothing was changed. Say when it ends: on ${key} until 14:30.`,
      'CLI_NO_END',
    );
  }
  const { until: present } = concerned.key;
  const later = present !== null && end.timeout ? new Date(Date.parse(present) + end.timeout) : undefined;
  const until = end.until ?? later;
  // without an end it is counted from now on: by the clock of the store, whatever the clock of this machine says
  const shown = until ?? (end.timeout ? new Date(Date.now() + end.timeout) : undefined);
  const does = shown ? `extend "${key}" until ${formatMoment(shown)}` : `extend "${key}" indefinitely`;
  if (options.dryRun) {
    await printDryRun(out, does, concerned, backend);
    return EXIT.done;
  }
  await confirm(asQuestion(does));
  const result = await backend.set(key, {
    mode: true,
    onlyIfOn: true,
    ...(until ? { until } : { timeout: end.timeout ?? 0 }),
    message: parseText(options.message, '--message'),
    reason: options.reason,
    actor: actorOf(backend, options, out),
    acknowledge,
  });
  out.result(result, () => {
    out.line(describeKey(result.key));
    printMissing(result, (line) => out.line(line));
  });
  noteVetoes(backend, out);
  return (result.missing ?? []).length > 0 ? EXIT.undrained : EXIT.done;
};
