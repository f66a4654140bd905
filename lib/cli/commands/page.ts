import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import { maintenancePageCsp } from '../../http/page/page-csp.js';
import { renderMaintenancePage } from '../../http/page/page.js';
import { DEFAULT_MESSAGE } from '../../i18n/texts.js';
import type { Work } from '../cli.js';
import { CliError, EXIT, usage } from '../exit.js';
import { parseDuration, parseMoment } from '../time.js';

interface PageOptions {
  readonly key?: string;
  readonly message?: string;
  readonly until?: string;
  readonly refresh?: string;
  readonly watch?: boolean;
  readonly csp?: boolean;
}

/** What the page says. */
interface Said {
  readonly message: string | null;
  readonly until: Date | null;
}

const MINUTE = 60_000;
const SHORTEST_REFRESH = 1_000;

export const page: Work<PageOptions> = async ({ options, out, settings, open, interrupted }, given) => {
  const file = given === '-' ? undefined : given;
  const { key: name, message, until, refresh, watch } = options;
  if (options.csp) {
    if ([given, name, message, until, refresh, watch].some((other) => other !== undefined)) {
      throw usage('--csp prints the policy of every page; it takes no file and no other option.');
    }
    out.result({ csp: maintenancePageCsp() }, () => out.line(maintenancePageCsp()));
    return EXIT.done;
  }
  if (options.watch && file === undefined) {
    throw usage('--watch needs a file to write.');
  }
  const refreshDelay = options.refresh === undefined ? MINUTE : parseDuration(options.refresh, '--refresh');
  if (refreshDelay < SHORTEST_REFRESH) {
    throw usage(
      `--refresh: ${options.refresh} is too short; accepted: at least 1s, so that pages do not flood the proxy.`,
    );
  }
  const wished: Partial<Said> = {
    ...(options.message !== undefined && { message: options.message }),
    ...(options.until !== undefined && { until: parseMoment(options.until, '--until') }),
  };
  const render = ({ message, until }: Said): string => render503({ message, until, ...wished }, refreshDelay);
  const { key = 'general' } = options;
  const connected = settings.redis !== undefined || settings.url !== undefined;
  if (name !== undefined && !connected) {
    throw usage(
      '--key needs --redis or --url: without them, give the --message and the --until of the page.',
    );
  }
  if (options.watch) {
    const backend = await open();
    const target = file as string;
    const follow = async (now: MaintenanceKeyJson): Promise<void> => {
      await (now.value ? write(target, render(saidOf(now))) : rm(target, { force: true }));
      out.result({ file: target, written: now.value, key: now.name }, () =>
        out.line(now.value ? `Wrote ${target}.` : `${now.name} is open; ${target} does not exist.`),
      );
    };
    // one after another: the last state is the one that stays
    const now = await backend.key(key);
    let queue = follow(now);
    await queue;
    await backend.watch(
      [now],
      (event) => {
        if (event.type === 'change' && event.key.name === key) {
          queue = queue
            .then(() => follow(event.key))
            .catch((error: unknown) => out.error((error as Error).message));
        }
      },
      interrupted(),
    );
    await queue;
    return EXIT.done;
  }
  const now = connected ? saidOf(await (await open()).key(key)) : { message: null, until: null };
  const html = render(now);
  if (file === undefined) {
    out.result({ html }, () => out.line(html.trimEnd()));
  } else {
    await write(file, html);
    out.result({ file, written: true, key }, () => out.line(`Wrote ${file}.`));
  }
  return EXIT.done;
};

const saidOf = ({ message, until }: MaintenanceKeyJson): Said => ({
  message,
  until: until === null ? null : new Date(until),
});

function render503({ message, until }: Said, refreshDelay: number): string {
  const left = until === null ? refreshDelay : until.getTime() - Date.now();
  return renderMaintenancePage({
    statusCode: 503,
    message: message ?? DEFAULT_MESSAGE,
    until,
    retryAfter: Math.max(1, Math.ceil(left / 1_000)),
    refreshDelay,
    language: 'en',
    stored: true,
    text: (builtin) => builtin,
  });
}

/** At once or not at all: a proxy never serves half of it. */
async function write(file: string, html: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  try {
    await writeFile(temporary, html);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    const why = (error as Error).message.replace(/, \w+ '.*$/s, '');
    throw new CliError(EXIT.failed, `${file} could not be written: ${why}`, 'CLI_FILE');
  }
}
