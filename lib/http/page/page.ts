import { PAGE_ICON, PAGE_SCENE, PAGE_SCRIPT, PAGE_STYLES } from '../../browser/page.generated.js';
import type { MaintenanceVisibleProgress } from '../../core/progress/maintenance-progress.js';
import { percentOf } from '../../core/progress/percent.js';
import { escapeHtml } from './html.js';
import { pageLanguage } from '../../i18n/page-language.js';
import { NEXT_TEXTS, PAGE_TEXTS, PROGRESS_TEXTS, REOPENING_MESSAGE } from '../../i18n/texts.js';

/**
 * What the built-in page shows: one refusal, prepared for a visitor.
 *
 * @publicApi
 */
export interface MaintenancePageContext {
  /** The HTTP status of the refusal, e.g. 503. */
  statusCode: number;
  /** The message for visitors, already chosen and translated; plain text, whose line breaks are kept. */
  message: string;
  /** BCP 47 tag of the language of the message, if it differs from `language`. */
  messageLanguage?: string;
  /** When the maintenance is expected to end; `null` if unknown. */
  until: Date | null;
  /** Seconds until the client should try again; with `until` the seconds left, which is where the countdown starts. */
  retryAfter: number;
  /** Milliseconds until the page reloads. */
  refreshDelay: number;
  /** BCP 47 tag of the language of the texts; anything else counts as English. */
  language: string;
  /** The translation of a built-in English text, see {@link BUILTIN_TEXTS}. Must not throw. */
  text: (builtin: string) => string;
  /** Whether visitors are coming back already: then `until` is the moment of this visitor. Default `false`. */
  reopening?: boolean;
  /** Whether `until` applies to this visitor only. Default: the value of `reopening`. */
  own?: boolean;
  /** The next planned window, with its announcement; `null`: none. Default: none. */
  next?: {
    /** When it starts. */
    start: Date;
    /** When it ends. */
    end: Date;
    /** The announcement, already chosen and translated. */
    message: string;
  } | null;
  /** Progress of the work, if it is public. Default: nothing is shown. */
  progress?: MaintenanceVisibleProgress | null;
  /** Whether the page is kept as a file and read later, so that its countdown runs by the visitor's clock. Default `false`. */
  stored?: boolean;
  /** Same-origin URL of the browser script. Default: none, and the page only reloads. */
  scriptUrl?: string | null;
}

const HEAD =
  `<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
  `<meta name="robots" content="noindex">` +
  `<meta name="theme-color" content="#faf8f3" media="(prefers-color-scheme:light)">` +
  `<meta name="theme-color" content="#0c151d" media="(prefers-color-scheme:dark)">` +
  `<link rel="icon" href="${PAGE_ICON}"><style>${PAGE_STYLES}</style>`;
const FOOT = `${PAGE_SCENE}<script>${PAGE_SCRIPT}</script>`;

/**
 * The whole seconds after which the page reloads, at least 1: the number in `<meta http-equiv=refresh>` and in the `Refresh` header.
 *
 * @param refreshDelay - milliseconds
 */
export function refreshSeconds(refreshDelay: number): number {
  return Math.max(1, Math.round(refreshDelay / 1000) || 1);
}

/**
 * Renders the built-in maintenance page: one HTML document that loads nothing else (except `scriptUrl`, if given). Every
 * value of the context is escaped. Send it with {@link maintenancePageCsp}.
 *
 * @example
 * ```ts
 * const html = renderMaintenancePage({
 *   statusCode: 503, message: DEFAULT_MESSAGE, until: null, retryAfter: 60, refreshDelay: 60_000,
 *   language: 'en', text: (builtin) => builtin,
 * });
 * ```
 *
 * @publicApi
 */
export function renderMaintenancePage(context: MaintenancePageContext): string {
  const { text, scriptUrl, reopening, own = reopening } = context;
  const language = pageLanguage(context.language);
  const title = escapeHtml(text(reopening ? NEXT_TEXTS.almostBack : PAGE_TEXTS.title));
  const refresh = refreshSeconds(context.refreshDelay);
  const spoken = context.messageLanguage ? ` lang="${escapeHtml(context.messageLanguage)}"` : '';
  const end = renderEnd(context, language.formatUtc);
  // what the browser script writes when the maintenance is over, but not for this visitor yet
  const turn = scriptUrl ? ` data-turn="${escapeHtml(text(REOPENING_MESSAGE))}"` : '';
  // The refresh stands in <noscript> because the script does the same with jitter where it runs.
  return (
    `<!doctype html><html lang="${escapeHtml(language.tag)}" dir="${language.direction}"><head>${HEAD}` +
    `<title>${title}</title><noscript><meta http-equiv="refresh" content="${refresh}"></noscript>` +
    (scriptUrl ? `<script src="${escapeHtml(scriptUrl)}" defer data-page="maintenance"></script>` : '') +
    `</head><body><main data-status="${Number(context.statusCode)}" data-refresh="${refresh}"${end.data}${turn}${own ? ' data-own' : ''}>` +
    `<h1>${title}</h1><p class="message"${spoken} dir="auto">${escapeHtml(context.message)}</p>${renderProgress(context, language.formatPercent)}${end.html}${renderNext(context, language.formatUtc)}` +
    `<p class="note">${escapeHtml(text(PAGE_TEXTS.reloads))}</p></main>${FOOT}</body></html>\n`
  );
}

/**
 * The end as the page shows it: data for the countdown, and markup. While no end is known it carries only the words for the
 * browser script, which may learn of one.
 */
function renderEnd(
  { until, retryAfter, text, scriptUrl, reopening, stored }: MaintenancePageContext,
  formatUtc: (instant: Date) => string,
): { data: string; html: string } {
  const expected = reopening ? NEXT_TEXTS.yourTurn : PAGE_TEXTS.expectedBack;
  const [back, left, soon] = [expected, PAGE_TEXTS.timeLeft, PAGE_TEXTS.anyMoment].map((english) =>
    escapeHtml(text(english)),
  ) as [string, string, string];
  if (until === null || Number.isNaN(until.getTime())) {
    return { data: scriptUrl ? ` data-texts="${[back, left, soon].join('\n')}"` : '', html: '' };
  }
  const seconds = stored ? '' : Math.max(1, Math.ceil(retryAfter) || 1);
  return {
    data: ` data-left="${seconds}" data-soon="${soon}"`,
    html:
      `<dl><div><dt>${back}</dt>` +
      `<dd><time datetime="${until.toISOString()}">${escapeHtml(formatUtc(until))}</time></dd></div>` +
      `<div hidden><dt>${left}</dt><dd><span role="timer" aria-label="${left}"></span></dd></div></dl>`,
  };
}

function renderNext({ next, text }: MaintenancePageContext, formatUtc: (instant: Date) => string): string {
  if (!next) {
    return '';
  }
  const time = (instant: Date): string =>
    `<time datetime="${instant.toISOString()}">${escapeHtml(formatUtc(instant))}</time>`;
  return (
    `<p class="next"><b>${escapeHtml(text(NEXT_TEXTS.next))}</b> ` +
    `${time(next.start)} – ${time(next.end)} <span dir="auto">${escapeHtml(next.message)}</span></p>`
  );
}

function renderProgress(
  { progress, text }: MaintenancePageContext,
  formatPercent: (part: number) => string,
): string {
  if (!progress) {
    return '';
  }
  const { value, step, overrun } = progress;
  const percent = percentOf(value);
  return (
    `<div class="progress">` +
    `<progress max="100" value="${percent}" aria-label="${escapeHtml(text(PROGRESS_TEXTS.progress))}"></progress>` +
    `<p><b>${escapeHtml(formatPercent(percent / 100))}</b> <span dir="auto">${escapeHtml(step ?? '')}</span></p>` +
    `<p class="late"${overrun ? '' : ' hidden'}>${escapeHtml(text(PROGRESS_TEXTS.overrun))}</p></div>`
  );
}
