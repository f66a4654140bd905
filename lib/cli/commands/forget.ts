import type { Work } from '../cli.js';
import { CliError, EXIT } from '../exit.js';
import { plain } from '../output.js';

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
        `Would forget ${who}: ${replica.silent ? 'it is silent' : 'refused, since it is not silent'}.`,
      ),
    );
    return EXIT.done;
  }
  const running = replica.inFlight > 0 ? ` ${replica.inFlight} requests were running there.` : '';
  await confirm(`Is ${who} gone for good? Drains stop waiting for what it is still running.${running}`, true);
  if (!(await backend.forget(id))) {
    throw absent();
  }
  out.result({ id, forgotten: true }, () => out.line(`${who} is forgotten.`));
  return EXIT.done;
};
