import {
  ADMIN_SCRIPT,
  ADMIN_SCRIPT_SOURCE,
  ADMIN_STYLES,
  ADMIN_STYLES_SOURCE,
} from '../../browser/admin.generated.js';
import { PAGE_ICON, PAGE_SCENE } from '../../browser/page.generated.js';
import { escapeHtml } from '../../http/page/html.js';
import { pageLanguage } from '../../i18n/page-language.js';
import type { PageData, PageState } from '../page-data.js';
import { ADMIN_TEXTS, type AdminText } from '../../i18n/admin-texts.js';

/** What pages are rendered with, besides their content. */
export interface AdminPageContext {
  /** BCP 47 tag of the language of the texts. */
  readonly language: string;
  /** The translation of a built-in English text. */
  readonly text: (english: string) => string;
  /** The title of the page, translated. */
  readonly title: string;
  /** Which deployment this is. */
  readonly environment: string | undefined;
  /** Where to sign in; `null`: not configured. */
  readonly loginUrl: string | null;
  /** Whether there is a gateway, and so a browser script to include. */
  readonly live: boolean;
}

/** Why the page is not shown. */
export interface Denial {
  readonly status: number;
  /** English texts. */
  readonly title: AdminText;
  readonly note: AdminText;
  /** The missing permission. */
  readonly permission?: string;
}

const HEAD =
  `<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
  `<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">` +
  `<link rel="icon" href="${PAGE_ICON}"><style>${ADMIN_STYLES}</style>`;

/**
 * The admin page. Its content is data for its script, which writes it as text and never as markup. Without the script it says
 * how much of the site is affected, and that it needs JavaScript.
 */
export function renderAdminPage(
  context: AdminPageContext & Pick<PageData, 'state' | 'defaultMessage' | 'tickets' | 'elsewhere'>,
): string {
  const { state, defaultMessage, title, loginUrl, live, tickets, elsewhere } = context;
  const texts = Object.fromEntries(
    Object.entries(ADMIN_TEXTS).map(([id, english]) => [id, context.text(english)]),
  ) as PageData['texts'];
  const data: PageData = { state, texts, defaultMessage, title, elsewhere, loginUrl, live, tickets };
  const text = (id: AdminText): string => escapeHtml(texts[id]);
  return document(
    context,
    `<header class="sky">${renderBar(context)}` +
      `<div class="headline"><h1 id="headline">${text(state.headline)}</h1><p id="note">${escapeHtml(describe(state, texts))}</p></div>${PAGE_SCENE}</header>` +
      `<main id="main" tabindex="-1"><noscript><p class="alert">${text('needsScript')}</p></noscript><div id="alerts"></div>` +
      `<h2 class="unseen">${text('keys')}</h2><div id="keys"></div>` +
      `${renderSection('planned', text('windows'), '<div id="windows"></div>')}` +
      `${renderSection('history', text('history'), '<ol id="entries"></ol>')}</main>` +
      `<dialog id="dialog" aria-labelledby="dialog-title"></dialog><p class="toast" id="toast" role="status"></p>` +
      `<p class="unseen" id="said" role="status"></p>` +
      `<script type="application/json" id="data">${scriptJson(data)}</script>` +
      `<script>${ADMIN_SCRIPT}</script>`,
    // also visible without the script
    ` data-headline="${state.headline}"`,
  );
}

function renderSection(id: string, title: string, content: string): string {
  return (
    `<section id="${id}" tabindex="-1" aria-labelledby="${id}-title" hidden>` +
    `<h2 id="${id}-title">${title}</h2>${content}</section>`
  );
}

/** What is in maintenance; the script replaces it with times in the reader's time zone. */
function describe({ active, activeMore }: PageState, texts: PageData['texts']): string {
  const keys = active.map(({ label, since, until }) =>
    fill(texts[until ? 'activeUntil' : 'activeSince'], {
      label,
      time: `${(until ?? since ?? '').slice(0, 16).replace('T', ' ')} UTC`,
    }),
  );
  if (activeMore > 0) {
    keys.push(fill(texts.activeMore, { count: String(activeMore) }));
  }
  return keys.join(', ') || texts.openNote;
}

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (name, key: string) => values[key] ?? name);
}

/** The page for those who may not see the admin page. */
export function renderDenial(context: AdminPageContext, { title, note, permission }: Denial): string {
  const text = (id: AdminText): string => context.text(ADMIN_TEXTS[id]);
  const why = fill(text(note), { permission: permission ?? '' });
  const link =
    context.loginUrl === null
      ? ''
      : `<p><a class="primary" href="${escapeHtml(context.loginUrl)}">${escapeHtml(text('signIn'))}</a></p>`;
  return document(
    context,
    `<div class="sky denial" role="main">${renderBar(context)}` +
      `<div class="headline"><h1>${escapeHtml(text(title))}</h1><p id="note">${escapeHtml(why)}</p>${link}</div>${PAGE_SCENE}</div>`,
  );
}

function renderBar({ title, environment }: AdminPageContext): string {
  const badge =
    environment === undefined ? '' : `<span class="environment">${escapeHtml(environment)}</span>`;
  return (
    `<div class="bar"><p class="brand">${escapeHtml(title)}${badge}</p>` +
    `<p class="link" id="link" role="status"></p></div>`
  );
}

/**
 * The Content-Security-Policy for exactly these pages.
 * @param connect sources beside the page's own origin
 */
export function adminPageCsp({
  live = false,
  connect = [],
}: { live?: boolean; connect?: string[] } = {}): string {
  return (
    `default-src 'none'; style-src ${ADMIN_STYLES_SOURCE}; script-src ${ADMIN_SCRIPT_SOURCE}${live ? ` 'self'` : ''}; ` +
    `connect-src ${["'self'", ...connect].join(' ')}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  );
}

function document({ language, title }: AdminPageContext, body: string, attributes = ''): string {
  const { tag, direction } = pageLanguage(language);
  return (
    `<!doctype html><html lang="${escapeHtml(tag)}" dir="${direction}"><head>${HEAD}` +
    `<title>${escapeHtml(title)}</title></head><body${attributes}>${body}</body></html>\n`
  );
}

/** JSON that cannot close the element that contains it. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
