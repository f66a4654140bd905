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
      `A job also holds key "${key}", so it is not known which end to extend; nothing was changed. Say when it ends: extend ${key} until 14:30.`,
      'CLI_NO_END',
    );
  }
  const from = concerned.key.until === null ? Date.now() : Date.parse(concerned.key.until);
  const until = end.until ?? (end.timeout ? new Date(Math.max(from, Date.now()) + end.timeout) : undefined);
  const does = until ? `extend "${key}" until ${formatMoment(until)}` : `extend "${key}" indefinitely`;
  if (options.dryRun) {
    await printDryRun(out, does, concerned, backend);
    return EXIT.done;
  }
  await confirm(asQuestion(does));
  const result = await backend.set(key, {
    mode: true,
    onlyIfOn: true,
    ...(until ? { until } : { timeout: 0 }),
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
