import type { Work } from '../cli.js';
import { EXIT, usage } from '../exit.js';
import { given } from '../option-values.js';
import { parseDuration } from '../time.js';
import { printMissing, type ChangeOptions } from './on.js';
import { actorOf, checkWay, describeKey, noteVetoes, printDryRun, whatIsConcerned } from './shared.js';

export const off: Work<ChangeOptions & { readonly force?: boolean; readonly reopenOver?: string }> = async (
  { options, out, open, confirm },
  key = 'general',
) => {
  const acknowledge = given(options.acknowledge, parseDuration, '--acknowledge');
  const reopenOver = given(options.reopenOver, parseDuration, '--reopen-over');
  if (options.force && (acknowledge !== undefined || reopenOver !== undefined || options.hooks === false)) {
    throw usage(`--force cannot be combined with --acknowledge, --reopen-over or --no-hooks.`);
  }
  const backend = await open();
  checkWay(backend, options);
  const concerned = await whatIsConcerned(backend, key);
  if (options.dryRun) {
    const what = options.force ? `end "${key}", including all holds` : `switch "${key}" off`;
    await printDryRun(out, what, concerned, backend);
    return EXIT.done;
  }
  const actor = actorOf(backend, options, out);
  if (options.force) {
    const { holder, abandoned } = concerned.key;
    const work =
      holder && !abandoned ? ` This asks the work on ${holder.host} (pid ${holder.pid}) to stop.` : '';
    await confirm(`End "${key}", including all holds?${work}`, true);
    const after = await backend.unset(key, { reason: options.reason, actor });
    out.result({ from: concerned.key.value, to: after.value, key: after }, () =>
      out.line(describeKey(after)),
    );
  } else {
    await confirm(`Take "${key}" out of maintenance?`);
    const result = await backend.set(key, {
      mode: false,
      reason: options.reason,
      actor,
      ...(reopenOver !== undefined && { reopenOver }),
      ...(options.hooks === false && { callHooks: false }),
      acknowledge,
    });
    out.result(result, () => {
      out.line(describeKey(result.key));
      printMissing(result, (line) => out.line(line));
    });
    if (result.to) {
      out.warn(`"${key}" is switched off, but a job still holds it. "off ${key} --force" ends that, too.`);
    }
    noteVetoes(backend, out);
    return (result.missing ?? []).length > 0 ? EXIT.undrained : EXIT.done;
  }
  noteVetoes(backend, out);
  return EXIT.done;
};
