import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import { maintenancePageCsp } from '../../http/page/page-csp.js';
import { renderMaintenancePage } from '../../http/page/page.js';
import { DEFAULT_MESSAGE } from '../../i18n/texts.js';
import type { Work } from '../cli.js';
import { EXIT, usage } from '../exit.js';
import { parseDuration, parseMoment } from '../time.js';
import { PageFile, writePage } from './page-file.js';

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
    const target = new PageFile(file as string, (now) => render(saidOf(now)), out);
    const now = await backend.key(key);
    await target.follow(now);
    const settled = target.keep();
    try {
      await backend.watch(
        [now],
        (event) => {
          if (event.type === 'change' && event.key.name === key) {
            target.enqueue(event.key);
          }
        },
        interrupted(),
      );
    } finally {
      await settled();
    }
    return EXIT.done;
  }
  const now = connected ? saidOf(await (await open()).key(key)) : { message: null, until: null };
  const html = render(now);
  if (file === undefined) {
    out.result({ html }, () => out.line(html.trimEnd()));
  } else {
    await writePage(file, html);
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
