import { defaultActor, type Work } from '../cli.js';
import { CliError, EXIT } from '../exit.js';
import { formatMoment, parseInstant } from '../time.js';
import { noteVetoes } from './shared.js';
import { describeWindow } from './window-table.js';
import { parseWhole } from './window-times.js';

interface CancelOptions {
  readonly occurrence?: string;
  readonly ifRevision?: string;
  readonly reason?: string;
  readonly actor?: string;
  readonly dryRun?: boolean;
}

export const cancel: Work<CancelOptions> = async ({ options, out, open, confirm }, id = '') => {
  const occurrence =
    options.occurrence === undefined ? undefined : parseInstant(options.occurrence, '--occurrence');
  const ifRevision =
    options.ifRevision === undefined ? undefined : parseWhole(options.ifRevision, '--if-revision');
  const backend = await open();
  const window = (await backend.windows()).find((each) => each.id === id);
  if (!window) {
    throw new CliError(
      EXIT.unknownKey,
      `There is no window ${JSON.stringify(id)}; nothing was changed. "windows" lists what is planned.`,
      'MAINTENANCE_UNKNOWN_WINDOW',
    );
  }
  const what = occurrence ? `the occurrence of ${formatMoment(occurrence)}` : 'all of it';
  if (options.dryRun) {
    out.result({ dryRun: true, does: `cancel window ${id}: ${what}`, window }, () => {
      out.line(`Would cancel ${what}. Nothing was changed.`);
      describeWindow(window).forEach((line) => out.line(`  ${line}`));
    });
    return EXIT.done;
  }
  await confirm(`Cancel window ${id} of "${window.key}", ${what}?`);
  const left = await backend.cancel(id, {
    ...(occurrence && { occurrence }),
    ...(ifRevision !== undefined && { ifRevision }),
    reason: options.reason,
    actor: options.actor ?? (backend.way === 'redis' ? defaultActor() : undefined),
  });
  out.result({ id, cancelled: true, window: left }, () => {
    out.line(`Cancelled ${occurrence ? what : `window ${id}`}.`);
    (left ? describeWindow(left) : []).forEach((line) => out.line(line));
  });
  noteVetoes(backend, out);
  return EXIT.done;
};
