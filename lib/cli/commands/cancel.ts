import type { Work } from '../cli.js';
import { EXIT } from '../exit.js';
import { given, parseWhole } from '../option-values.js';
import { formatMoment, parseInstant } from '../time.js';
import { findWindow } from './find-window.js';
import { actorOf, noteVetoes } from './shared.js';
import { describeWindow } from './window-table.js';

interface CancelOptions {
  readonly occurrence?: string;
  readonly ifRevision?: string;
  readonly reason?: string;
  readonly actor?: string;
  readonly dryRun?: boolean;
}

export const cancel: Work<CancelOptions> = async ({ options, out, open, confirm }, id = '') => {
  const occurrence = given(options.occurrence, parseInstant, '--occurrence');
  const ifRevision = given(options.ifRevision, parseWhole, '--if-revision');
  const backend = await open();
  const window = await findWindow(backend, id);
  const what = `${occurrence ? `the occurrence of ${formatMoment(occurrence)} of ` : ''}window ${id}`;
  if (options.dryRun) {
    out.result({ dryRun: true, does: `cancel ${what}`, window }, () => {
      out.line(`Would cancel ${what}. Nothing was changed.`);
      describeWindow(window).forEach((line) => out.line(`  ${line}`));
    });
    return EXIT.done;
  }
  await confirm(`Cancel ${what} of key "${window.key}"?`);
  const left = await backend.cancel(id, {
    ...(occurrence && { occurrence }),
    ...(ifRevision !== undefined && { ifRevision }),
    reason: options.reason,
    actor: actorOf(backend, options, out),
  });
  out.result({ id, cancelled: true, window: left }, () => {
    out.line(`Cancelled ${what}.`);
    (left ? describeWindow(left) : []).forEach((line) => out.line(line));
  });
  noteVetoes(backend, out);
  return EXIT.done;
};
