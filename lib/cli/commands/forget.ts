import type { Work } from '../cli.js';
import { CliError, EXIT } from '../exit.js';
import { counted, plain } from '../output.js';

export const forget: Work<{ readonly dryRun?: boolean }> = async (
  { options, out, open, confirm },
  id = '',
) => {
  const backend = await open();
  const replica = (await backend.replicas()).find((each) => each.id === id);
  const absent = (): CliError =>
    new CliError(
      EXIT.failed,
      `There is no replica ${JSON.stringify(id)}; nothing was changed.`,
      'CLI_UNKNOWN_REPLICA',
    );
  if (!replica) {
    throw absent();
  }
  const who = `${plain(replica.host)} (pid ${replica.pid})`;
  if (options.dryRun) {
    out.result({ dryRun: true, does: `forget replica ${id}`, replica }, () =>
      out.line(
        replica.silent
          ? `Would forget ${who}, which is silent. Nothing was changed.`
          : `Would not forget ${who}: only a silent replica can be forgotten.`,
      ),
    );
    return EXIT.done;
  }
  const running =
    replica.inFlight > 0 ? ` Running there at its last report: ${counted(replica.inFlight, 'request')}.` : '';
  await confirm(`Is ${who} gone for good? Drains will no longer wait for it.${running}`, true);
  if (!(await backend.forget(id))) {
    throw absent();
  }
  out.result({ id, forgotten: true }, () => out.line(`Forgot ${who}.`));
  return EXIT.done;
};
